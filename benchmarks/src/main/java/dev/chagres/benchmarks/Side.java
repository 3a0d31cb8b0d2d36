package dev.chagres.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One of the sides that are compared: a process that answers requests, as {@link
 * dev.chagres.benchmarks.protocol.Service} says. One that ends or no longer answers fails at what
 * it was asked, and is started anew for the next request.
 */
final class Side implements AutoCloseable {

  /** Why a side did not answer as it should. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed(String reason) {
      super(reason);
    }
  }

  private static final String END = "the side has ended";
  private static final double START_SECONDS = 120;
  private static final int FIRST_CHARACTERS = 4000;
  private static final int LAST_CHARACTERS = 2000;

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private Running running;
  private String version = "";
  private boolean begun;
  private boolean failed;

  private record Running(Process process, BufferedWriter requests, BlockingQueue<String> answers) {}

  /** Names a side, whose process starts with the first request. */
  Side(String name, List<String> command, Map<String, String> environment) {
    this.name = name;
    this.command = command;
    this.environment = environment;
    this.log = Path.of("benchmarks/target", name + ".log");
  }

  String name() {
    return name;
  }

  /** Whether it runs on a JVM, which compiles what is run often. */
  boolean isJava() {
    return command.getFirst().endsWith("java");
  }

  /** Returns what it runs on, as it says itself; needs to have been started. */
  String version() {
    return version;
  }

  /** Returns the same side, to be started as another process. */
  Side another() {
    return new Side(name, command, environment);
  }

  /** Starts the process, if there is none. */
  void start() throws Failed, InterruptedException {
    if (running != null && running.process.isAlive()) {
      return;
    }
    var builder = new ProcessBuilder(command).redirectError(Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      Files.createDirectories(log.getParent());
      if (!begun) {
        begun = true;
        Files.writeString(log, "");
      }
      Process process = builder.start();
      var answers = new LinkedBlockingQueue<String>();
      Thread.ofVirtual().start(() -> read(process.inputReader(), answers));
      running = new Running(process, process.outputWriter(), answers);
    } catch (IOException e) {
      throw new Failed(e.getMessage());
    }
    version = answer(START_SECONDS).orElse("unknown");
  }

  private static void read(BufferedReader lines, BlockingQueue<String> answers) {
    try (lines) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // What else a library prints is no answer.
        if (line.startsWith("=") || line.startsWith("!")) {
          answers.add(line);
        }
      }
    } catch (IOException e) {
      // It was killed: nothing more is read.
    } finally {
      answers.add(END);
    }
  }

  /** Returns the answer to a request, or nothing if the side lacks the workload. */
  Optional<String> ask(double timeout, String... request) throws Failed, InterruptedException {
    try {
      return asked(timeout, request);
    } catch (Failed e) {
      failed = true;
      throw e;
    }
  }

  private Optional<String> asked(double timeout, String... request)
      throws Failed, InterruptedException {
    if (running != null && !running.process.isAlive()) {
      int status = running.process.exitValue();
      kill();
      throw new Failed("ended with status " + status + ": " + lastWords());
    }
    start();
    try {
      running.requests.write(String.join("\t", request) + "\n");
      running.requests.flush();
    } catch (IOException e) {
      kill();
      throw new Failed("ended: " + lastWords());
    }
    return answer(timeout);
  }

  /** Waits until its process is at rest, if there is one; returns whether that came in time. */
  boolean awaitIdle(double seconds) throws InterruptedException {
    return running == null || Idle.await(running.process.toHandle(), seconds);
  }

  private Optional<String> answer(double timeout) throws Failed, InterruptedException {
    String line = running.answers.poll((long) (timeout * 1e3), TimeUnit.MILLISECONDS);
    if (line == null) {
      kill();
      throw new Failed("no answer in %.0f s".formatted(timeout));
    }
    if (line.equals(END)) {
      int status = running.process.waitFor();
      kill();
      throw new Failed("ended with status " + status + ": " + lastWords());
    }
    if (line.startsWith("!")) {
      throw new Failed(line.substring(1).strip());
    }
    String text = line.substring(1).strip();
    return text.equals("-") ? Optional.empty() : Optional.of(text);
  }

  /** The last line that it wrote about what went wrong. */
  private String lastWords() {
    try (var lines = Files.lines(log)) {
      return lines.filter(line -> !line.isBlank()).reduce("", (_, last) -> last).strip();
    } catch (IOException | UncheckedIOException e) {
      return "see " + log;
    }
  }

  /** Returns what it wrote beside its answers, without the middle; nothing if it never failed. */
  String log() {
    if (!failed) {
      return "";
    }
    try {
      String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
      int most = FIRST_CHARACTERS + LAST_CHARACTERS;
      return text.length() <= most
          ? text
          : text.substring(0, FIRST_CHARACTERS)
              + "\n …\n"
              + text.substring(text.length() - LAST_CHARACTERS);
    } catch (IOException e) {
      return "see " + log;
    }
  }

  private void kill() throws InterruptedException {
    if (running != null) {
      running.process.destroyForcibly().waitFor();
      running = null;
    }
  }

  @Override
  public void close() {
    if (running == null) {
      return;
    }
    try {
      running.requests.close();
      if (!running.process.waitFor(5, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (IOException e) {
      running.process.destroyForcibly();
    } catch (InterruptedException e) {
      running.process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    running = null;
  }
}
