package dev.chagres.benchmarks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a program that ran to its end printed.
 *
 * @param nanos from its start to its first line
 * @param lines all of them, at least one
 */
record Program(double nanos, List<String> lines) {

  private static final long MOST_SECONDS = 120;

  /**
   * Runs a program.
   *
   * @throws IOException if it fails, prints nothing or takes too long
   */
  static Program run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).redirectError(Redirect.DISCARD);
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.start();
    CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
    var lines = new ArrayList<String>();
    double nanos = 0;
    try (var output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        nanos = lines.isEmpty() ? System.nanoTime() - start : nanos;
        lines.add(line);
      }
    }
    int status = process.waitFor();
    if (status != 0 || lines.isEmpty()) {
      throw new IOException(
          "status %d after %d lines".formatted(status, lines.size()) + " of " + command.getLast());
    }
    return new Program(nanos, lines);
  }
}
