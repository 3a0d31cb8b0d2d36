package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a program printed, to either stream, until it ended or its time was over.
 *
 * @param status its exit status, or -1 where it was ended, or could not be started
 */
record Running(int status, String output) {

  private static final int END_SECONDS = 5;

  boolean isOver() {
    return status == 0;
  }

  /** Runs a program for so many seconds at most; one that is not there says so in its output. */
  static Running run(List<String> command, double seconds, Path log) throws InterruptedException {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      boolean ended;
      try {
        process.getOutputStream().close();
        ended = process.waitFor((long) (seconds * 1e3), TimeUnit.MILLISECONDS);
      } finally {
        end(process);
      }
      String output = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
      return ended
          ? new Running(process.exitValue(), output)
          : new Running(-1, output + "\n(ended after %.0f s)".formatted(seconds));
    } catch (IOException e) {
      return new Running(-1, String.valueOf(e.getMessage()));
    }
  }

  /** Deletes what an earlier run wrote, as it would pass for what this one found. */
  static void forget(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the end of a file, or nothing where it cannot be read. */
  static String end(Path file, int characters) {
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
      return text.substring(Math.max(0, text.length() - characters));
    } catch (IOException e) {
      return "";
    }
  }

  /** Ends a process, and all that it has started. */
  static void end(Process process) throws InterruptedException {
    List<ProcessHandle> others = process.descendants().toList();
    // One that hangs in a driver ends when the driver lets it, and is not waited for.
    process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS);
    others.forEach(ProcessHandle::destroyForcibly);
  }
}
