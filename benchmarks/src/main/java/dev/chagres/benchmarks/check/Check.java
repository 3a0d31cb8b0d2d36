package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Runs all parts, one after the other but for those that go on beside others, whatever came of
 * those before, and writes {@code gpu-report.md} anew every other second; the names of some parts,
 * if they alone are run, are in the file's. Ends with status 1 unless all that was run is passed.
 */
public final class Check {

  private static final String REPORT = "gpu-report";
  private static final long BETWEEN_MILLIS = 2000;

  private static final double GRACE_SECONDS = 10;

  private final long start = System.nanoTime();
  private final String date =
      ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm"));
  private final Setting setting;
  private final List<Part> parts;
  private final List<Course> courses;
  private final double grace;
  private volatile Versions versions = Versions.UNKNOWN;
  private volatile boolean finished;

  /** How many parts run beside others. */
  private final AtomicInteger beside = new AtomicInteger();

  /** How a part goes. */
  private static final class Course {
    private volatile boolean begun;
    private volatile boolean done;
    private volatile long start;
    private volatile double seconds;

    /** Why it ended early, or nothing. */
    private volatile String broken;

    private double soFar() {
      return (System.nanoTime() - start) / 1e9;
    }
  }

  private Check(Setting setting) {
    this(
        setting,
        List.of(
            TestPart.smoke(setting),
            TestPart.onGpu(setting),
            new FiguresPart(setting),
            TestPart.onCpu(setting),
            new Sanitizer(setting, "memcheck", "-Dchagres.memory.apart.device=true"),
            new Sanitizer(setting, "racecheck")),
        GRACE_SECONDS);
  }

  /**
   * Takes some parts.
   *
   * @param grace how long a part whose time is over may take to end what it has started
   */
  Check(Setting setting, List<Part> parts, double grace) {
    this.setting = setting;
    this.parts = List.copyOf(parts);
    this.grace = grace;
    this.courses = parts.stream().map(_ -> new Course()).toList();
    List<String> names = parts.stream().map(Part::name).toList();
    for (String name : setting.only()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException("no such part: " + name + "; there are " + names);
      }
    }
  }

  public static void main(String[] args) throws Exception {
    Check check;
    try {
      check = new Check(Setting.of(args));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    check.report();
    System.exit(check.isPassed() ? 0 : 1);
  }

  /** Runs the parts that are wanted, and keeps the report up to date meanwhile. */
  void report() throws IOException, InterruptedException {
    Files.createDirectories(Setting.WORK);
    // Who ends this program early finds what is known by then, and a GPU that nothing works on.
    var early = new Thread(this::endEarly);
    Runtime.getRuntime().addShutdownHook(early);
    Thread writer = Thread.ofPlatform().daemon().start(this::keepWriting);
    run();
    writer.interrupt();
    writer.join();
    write();
    Runtime.getRuntime().removeShutdownHook(early);
    System.out.println("The report: " + setting.output().resolve(file()).toAbsolutePath());
  }

  /** Some parts alone do not take the place of what a run of all has found. */
  private String file() {
    return setting.only().isEmpty()
        ? REPORT + ".md"
        : REPORT + "-" + String.join("-", setting.only()) + ".md";
  }

  private void endEarly() {
    endAll();
    try {
      write();
    } catch (IOException | RuntimeException e) {
      System.err.println("the report cannot be written: " + e);
    }
    writeLogs();
  }

  /** Ends what parts have started. */
  private static void endAll() {
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
  }

  private void run() throws InterruptedException {
    versions = Versions.of(setting);
    System.out.println(versions.summary() + "\n\n" + versions.details());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      int index = i;
      if (!setting.wants(parts.get(i))) {
        continue;
      }
      if (parts.get(i).isBeside()) {
        beside.incrementAndGet();
        threads.add(Thread.ofPlatform().daemon().start(() -> runBeside(index)));
      } else {
        run(index);
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    endAll();
    finished = true;
  }

  private void runBeside(int i) {
    try {
      run(i);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      courses.get(i).broken = "failed: " + e;
      courses.get(i).done = true;
    } finally {
      beside.decrementAndGet();
    }
  }

  private void run(int i) throws InterruptedException {
    Course course = courses.get(i);
    course.start = System.nanoTime();
    course.begun = true;
    double given = given(i);
    if (setting.cautious() && i > 0 && failsMostly(state(0))) {
      course.broken = "left out, as little of the first part passed";
    } else if (given > 1) {
      course.broken = run(parts.get(i), given, grace, beside.get() == 0);
    } else {
      course.broken = "no time was left";
    }
    course.seconds = course.soFar();
    course.done = true;
    System.out.println(line(i, state(i)));
    writeLogs();
  }

  /** Whether there is hardly a use of running anything else. */
  private static boolean failsMostly(Part.State state) {
    int[] counts = state.counts();
    return counts[0] < counts[1];
  }

  /** Returns what a part has: its limit, unless those behind it need what is left. */
  private double given(int i) {
    double left = setting.seconds() - sinceStart();
    Part part = parts.get(i);
    double behind =
        part.isBeside() ? 0 : setting.patience() * Math.max(least(i, false), least(i, true));
    double own = Math.max(part.least() * setting.patience(), left - behind);
    return Math.min(left, Math.min(part.limit() * setting.patience(), own));
  }

  /** Returns what those behind a part need at least: one after the other, or all beside others. */
  private double least(int i, boolean beside) {
    return parts.stream()
        .skip(i + 1L)
        .filter(each -> setting.wants(each) && each.isBeside() == beside)
        .mapToDouble(Part::least)
        .reduce(0, beside ? Math::max : Double::sum);
  }

  /**
   * Runs a part, and no longer than it may; returns why it ended early, or nothing.
   *
   * @param alone whether all that has been started is this part's
   */
  private static String run(Part part, double given, double grace, boolean alone)
      throws InterruptedException {
    String[] why = {null};
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    part.run(given);
                  } catch (InterruptedException e) {
                    // Its time is over, as is told below.
                  } catch (RuntimeException | Error e) {
                    e.printStackTrace();
                    why[0] = "could not be run: " + e;
                  }
                });
    if (!thread.join(Duration.ofMillis((long) ((given + grace) * 1e3)))) {
      thread.interrupt();
      // What it has started is not to work beside the next part; what another one has, goes on.
      if (alone) {
        endAll();
      }
      return "did not end in time";
    }
    return why[0];
  }

  /** Returns what came of a part, whatever it is able to say of itself. */
  private Part.State state(int i) {
    Part.State state;
    try {
      state = parts.get(i).state();
    } catch (RuntimeException e) {
      state = new Part.State("cannot be told: " + e, new int[3], "");
    }
    String broken = courses.get(i).broken;
    return broken == null
        ? state
        : new Part.State(broken + "; " + state.verdict(), state.counts(), state.details());
  }

  private double sinceStart() {
    return (System.nanoTime() - start) / 1e9;
  }

  private boolean isPassed() {
    return IntStream.range(0, parts.size())
        .filter(i -> setting.wants(parts.get(i)))
        .allMatch(i -> state(i).isPassed());
  }

  private void keepWriting() {
    try {
      while (true) {
        Thread.sleep(BETWEEN_MILLIS);
        try {
          write();
        } catch (IOException | RuntimeException e) {
          System.err.println("the report cannot be written: " + e);
        }
      }
    } catch (InterruptedException e) {
      // The last one is written by who interrupts.
    }
  }

  private synchronized void write() throws IOException {
    String text = markdown();
    write(text, Setting.WORK);
    if (!setting.output().equals(Setting.WORK)) {
      write(text, setting.output());
    }
  }

  private synchronized void writeLogs() {
    try {
      Files.createDirectories(setting.output());
      Logs.write(setting.output().resolve(file().replaceFirst("md$", "zip")));
    } catch (IOException e) {
      System.err.println("the logs cannot be packed: " + e);
    }
  }

  /** At no time is there half a report. */
  private void write(String text, Path folder) throws IOException {
    Files.createDirectories(folder);
    Path whole = Files.writeString(folder.resolve(file() + ".new"), text);
    Files.move(whole, folder.resolve(file()), StandardCopyOption.REPLACE_EXISTING);
  }

  private String markdown() {
    var text = new StringBuilder("# Check on a GPU\n\n");
    text.append(date).append(" UTC; %.0f s in all".formatted(sinceStart()));
    text.append(finished ? "" : ", **not finished**");
    text.append("; commit ").append(commit()).append(".\n\n");
    text.append(versions.summary()).append(".\n\n");
    text.append("| part | result | seconds | passed | failed | skipped |\n");
    text.append("| --- | --- | ---: | ---: | ---: | ---: |\n");
    var details = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      if (courses.get(i).begun) {
        Part.State state = state(i);
        text.append(line(i, state)).append('\n');
        details.append("## ").append(parts.get(i).title()).append("\n\n").append(state.details());
      }
    }
    text.append("\n## Versions\n\n").append(versions.details()).append(details);
    return text.toString().stripTrailing() + "\n";
  }

  /** What was packed. */
  private static String commit() {
    try {
      return Files.readString(Path.of(Pack.COMMIT)).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  private String line(int i, Part.State state) {
    int[] counts = state.counts();
    String tests =
        counts[0] + counts[1] + counts[2] == 0
            ? " | | "
            : "%d | %d | %d".formatted(counts[0], counts[1], counts[2]);
    Course course = courses.get(i);
    String told = course.done ? state.verdict() : "running";
    double seconds = course.done ? course.seconds : course.soFar();
    return "| %s | %s | %.0f | %s |"
        .formatted(parts.get(i).title(), told.replace("|", "\\|"), seconds, tests);
  }
}
