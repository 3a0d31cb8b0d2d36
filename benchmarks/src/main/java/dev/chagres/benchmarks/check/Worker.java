package dev.chagres.benchmarks.check;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process that runs test classes, one after the other, as {@code TestWorker} describes. */
final class Worker {

  private static final String END = "ended";
  private static final int MOST_LINES = 20;
  private static final int MOST_FRAMES = 40;
  private static final int MOST_CHARACTERS = 1200;
  private static final Pattern ANSWER =
      Pattern.compile("end|(begun|passed|failed|skipped)\t.*\t.*");

  private final List<String> command;
  private final Path log;
  private final double last;
  private Process process;
  private BufferedWriter names;
  private BlockingQueue<String> answers;

  /** The last lines that were no answers: what a JVM prints when it crashes. */
  private final Queue<String> other = new ConcurrentLinkedQueue<>();

  /**
   * Prepares a process.
   *
   * @param last how many seconds the program has to end by itself when what it has started is
   *     ended: a sanitizer writes its summary then
   */
  Worker(List<String> command, Path log, double last) {
    this.command = command;
    this.log = log;
    this.last = last;
  }

  /**
   * Runs a class for so many seconds at most.
   *
   * @param last whether the part's time is over then; else one that takes longer has failed
   * @param soFar is told what is known at each failure
   */
  ClassResult run(String name, double seconds, boolean last, Consumer<ClassResult> soFar)
      throws InterruptedException {
    long start = System.nanoTime();
    List<String> failures = new ArrayList<>();
    List<String> skips = new ArrayList<>();
    int passed = 0;
    String begun = "";
    String cut = "";
    String broken = "";
    String frames = "";
    other.clear();
    try {
      if (process == null || !process.isAlive()) {
        begin();
      }
      names.write(name + "\n");
      names.flush();
      double left = seconds;
      String line;
      while (true) {
        line = answers.poll((long) (left * 1e3), TimeUnit.MILLISECONDS);
        left = seconds - (System.nanoTime() - start) / 1e9;
        if (line == null) {
          end(0);
          if (last) {
            cut = name.substring(name.lastIndexOf('.') + 1) + begun;
          } else {
            broken = "did not end in %.0f s".formatted(seconds);
          }
          break;
        }
        if (line.equals(END)) {
          broken = "its process ended with status " + process.waitFor();
          frames = frames(process.pid());
          end(0);
          break;
        }
        String[] fields = line.split("\t", -1);
        switch (fields[0]) {
          case "begun" -> begun = " in " + plain(fields[1]);
          case "passed" -> passed++;
          case "failed" -> {
            failures.add(plain(fields[1]) + ": " + plain(fields[2]));
            soFar.accept(result(name, passed, failures, skips, start, ""));
          }
          case "skipped" -> skips.add(plain(fields[2]));
          default -> begun = "";
        }
        if (fields[0].equals("end")) {
          break;
        }
      }
    } catch (IOException e) {
      broken = String.valueOf(e.getMessage());
    }
    if (!broken.isEmpty()) {
      // The log may stay behind on a machine that is lent; a JVM says here where it came to its
      // end.
      failures.add(
          "the class: %s; see %s%n%s%n%s%n%s"
              .formatted(
                  broken + begun,
                  log,
                  String.join("\n", other),
                  frames,
                  Running.end(log, MOST_CHARACTERS)));
    }
    return result(name, passed, failures, skips, start, cut);
  }

  /** Returns where the thread was that crashed, from what a JVM leaves then. */
  private static String frames(long pid) {
    try (Stream<String> lines = Files.lines(Setting.crash("" + pid), StandardCharsets.ISO_8859_1)) {
      return lines
          .dropWhile(line -> !line.contains(" frames:"))
          .takeWhile(line -> !line.startsWith("Registers:"))
          .filter(line -> !line.isBlank() && !line.contains("org.junit."))
          .limit(MOST_FRAMES)
          .collect(Collectors.joining("\n"));
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }

  private static ClassResult result(
      String name, int passed, List<String> failures, List<String> skips, long start, String cut) {
    int[] counts = {passed, failures.size(), skips.size()};
    double seconds = (System.nanoTime() - start) / 1e9;
    return new ClassResult(name, counts, seconds, List.copyOf(failures), List.copyOf(skips), cut);
  }

  private void begin() throws IOException {
    process = new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile())).start();
    names = process.outputWriter();
    answers = new LinkedBlockingQueue<>();
    BufferedReader lines = process.inputReader();
    BlockingQueue<String> into = answers;
    Thread.ofVirtual()
        .start(
            () -> {
              try (lines) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (ANSWER.matcher(line).matches()) {
                    into.add(line);
                  } else {
                    other.add(line);
                    if (other.size() > MOST_LINES) {
                      other.poll();
                    }
                  }
                }
              } catch (IOException e) {
                // It was ended: nothing more is read.
              } finally {
                into.add(END);
              }
            });
  }

  /** Lets the process end by itself for so many seconds, then ends it. */
  void end(double seconds) throws InterruptedException {
    if (process == null) {
      return;
    }
    try {
      names.close();
    } catch (IOException e) {
      // It has ended already.
    }
    process.waitFor((long) (seconds * 1e3), TimeUnit.MILLISECONDS);
    if (last > 0 && process.isAlive()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.waitFor((long) (last * 1e3), TimeUnit.MILLISECONDS);
    }
    Running.end(process);
    process = null;
  }

  private static String plain(String escaped) {
    return escaped.translateEscapes();
  }
}
