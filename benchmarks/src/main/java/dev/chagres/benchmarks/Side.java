package dev.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Map;

/** One of the sides that are compared: a process that answers requests. */
final class Side implements AutoCloseable {

  final String name;
  final String version;
  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;

  private Side(String name, Process process) throws IOException {
    this.name = name;
    this.process = process;
    this.answers = process.inputReader();
    this.requests = process.outputWriter();
    String first = answers.readLine();
    if (first == null) {
      throw new IOException(name + " ended before it began");
    }
    this.version = first;
  }

  static Side start(String name, Map<String, String> environment, List<String> command)
      throws IOException {
    var builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
    builder.environment().putAll(environment);
    return new Side(name, builder.start());
  }

  /** Returns the nanoseconds of a call, or NaN where this side lacks the workload. */
  double measure(String workload, double seconds) throws IOException {
    requests.write(seconds + "\t" + workload + "\n");
    requests.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException(name + " ended at " + workload);
    }
    return answer.equals("-") ? Double.NaN : Double.parseDouble(answer);
  }

  @Override
  public void close() throws IOException {
    requests.close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
