package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * Runs all parts, one after the other, whatever came of those before, and writes {@code
 * gpu-report.md} anew every other second. Ends with status 1 unless all that was run is passed.
 */
public final class Check {

  private static final String REPORT = "gpu-report.md";
  private static final long BETWEEN_MILLIS = 2000;

  private final long start = System.nanoTime();
  private final String date =
      ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm"));
  private final Setting setting;
  private final List<Part> parts;
  private final double[] seconds;
  private volatile String versions = "";
  private volatile int current = -1;

  private Check(Setting setting) {
    this.setting = setting;
    this.parts =
        List.of(
            TestPart.onGpu(setting),
            new Sanitizer(setting, "memcheck", "-Dchagres.memory.apart.device=true"),
            new Sanitizer(setting, "racecheck"),
            TestPart.onCpu(setting),
            new FiguresPart(setting));
    this.seconds = new double[parts.size()];
  }

  public static void main(String[] args) throws Exception {
    var check = new Check(Setting.of(args));
    Files.createDirectories(Setting.WORK);
    Thread writer = Thread.ofVirtual().start(check::keepWriting);
    check.run();
    writer.interrupt();
    writer.join();
    check.write();
    System.out.println("The report: " + check.setting.output().resolve(REPORT).toAbsolutePath());
    System.exit(check.isPassed() ? 0 : 1);
  }

  private void run() throws InterruptedException {
    versions = Versions.markdown(setting);
    System.out.println(versions);
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (!setting.wants(part)) {
        continue;
      }
      double left = setting.seconds() - sinceStart();
      long began = System.nanoTime();
      current = i;
      if (left > 1) {
        part.run(Math.min(part.limit(), left));
      }
      seconds[i] = (System.nanoTime() - began) / 1e9;
      System.out.println(line(i, part.state()));
    }
    current = parts.size();
  }

  private double sinceStart() {
    return (System.nanoTime() - start) / 1e9;
  }

  private boolean isPassed() {
    return parts.stream().filter(setting::wants).allMatch(part -> part.state().isPassed());
  }

  private void keepWriting() {
    try {
      while (true) {
        Thread.sleep(BETWEEN_MILLIS);
        write();
      }
    } catch (InterruptedException e) {
      // The last one is written by who interrupts.
    } catch (IOException e) {
      System.err.println("the report cannot be written: " + e);
    }
  }

  private void write() throws IOException {
    Path own = Setting.WORK.resolve(REPORT);
    Files.writeString(own, markdown());
    if (!setting.output().equals(Setting.WORK)) {
      Files.createDirectories(setting.output());
      Files.copy(own, setting.output().resolve(REPORT), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private String markdown() {
    var text = new StringBuilder("# Check on a GPU\n\n");
    text.append(date).append(" UTC; %.0f s in all".formatted(sinceStart()));
    text.append(current < parts.size() ? ", **not finished**" : "").append(".\n\n");
    text.append("| part | result | seconds | passed | failed | skipped |\n");
    text.append("| --- | --- | ---: | ---: | ---: | ---: |\n");
    var details = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      if (setting.wants(parts.get(i)) && i <= current) {
        Part.State state = parts.get(i).state();
        text.append(line(i, state)).append('\n');
        details.append("## ").append(parts.get(i).title()).append("\n\n").append(state.details());
      }
    }
    text.append("\n## Versions\n\n").append(versions).append(details);
    return text.toString().stripTrailing() + "\n";
  }

  private String line(int i, Part.State state) {
    int[] counts = state.counts();
    String tests =
        counts[0] + counts[1] + counts[2] == 0
            ? " | | "
            : "%d | %d | %d".formatted(counts[0], counts[1], counts[2]);
    String told = i == current && seconds[i] == 0 ? "running" : state.verdict();
    return "| %s | %s | %.0f | %s |"
        .formatted(parts.get(i).title(), told.replace("|", "\\|"), seconds[i], tests);
  }
}
