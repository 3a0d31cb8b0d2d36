package dev.chagres.benchmarks;

import dev.chagres.Chagres;
import dev.chagres.benchmarks.rows.Target;
import dev.chagres.benchmarks.side.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The sides that can run here, and why the others cannot. */
final class Sides implements AutoCloseable {

  /** The peers that {@code -Ppeers} builds, by name, each in a folder of its own. */
  private static final Map<String, String> PEERS =
      Map.of("DJL", "djl", "JavaCPP", "javacpp", "ND4J", "nd4j");

  private static final String TWINS = "benchmarks/python/twins.py";
  private static final String TORCH = "torch";

  private final List<Side> all = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private final Map<String, String> environment;
  private final Options options;

  private Sides(Options options) {
    this.options = options;
    this.environment = environment(options.threads());
  }

  /** Starts every side that is wanted. */
  static Sides open(Options options) throws InterruptedException {
    var sides = new Sides(options);
    String threads = "" + options.threads();
    sides.add(Target.SUBJECT, Commands.java(Worker.class, threads, options.device()));
    if (sides.all.isEmpty()) {
      throw new IllegalStateException("Chagres does not run: " + sides.missing);
    }
    if (options.onGpu()) {
      sides.addThoseOfAGpu(threads);
      return sides;
    }
    for (String name : List.of("torch", "torch.compile", "numpy", "numexpr")) {
      if (options.wantsSide(name)) {
        sides.add(name, Commands.python(TWINS, name, threads));
      }
    }
    for (String name : List.of("DJL", "JavaCPP", "ND4J")) {
      if (options.wantsSide(name)) {
        sides.addPeer(name, threads);
      }
    }
    if (options.wantsSide(Target.LIMIT)) {
      sides.addTwinInC(threads);
    }
    return sides;
  }

  private void addThoseOfAGpu(String threads) throws InterruptedException {
    if (options.wantsSide(TORCH)) {
      String device = options.rehearse() ? "rehearsal" : options.device();
      add(TORCH, Commands.python(TWINS, TORCH, threads, device));
    }
    if (options.wantsSide(Target.LIMIT)) {
      var index = options.device().replaceAll("[^0-9]", "");
      var twin = compile("twin_cuda", "-O2");
      if (twin.isPresent()) {
        add(
            Target.LIMIT,
            List.of(twin.get(), library("libcuda"), library("libcublas"), "0" + index));
      }
    }
  }

  List<Side> all() {
    return all;
  }

  List<String> names() {
    return all.stream().map(Side::name).toList();
  }

  /** Returns what those wrote that failed at something. */
  Map<String, String> logs() {
    var logs = new LinkedHashMap<String, String>();
    for (Side side : all) {
      String log = side.log();
      if (!log.isEmpty()) {
        logs.put(side.name(), log);
      }
    }
    return logs;
  }

  /** Whether one takes part that {@code -Ppeers} builds. */
  boolean hasPeers() {
    return names().stream().anyMatch(PEERS::containsKey);
  }

  /** Returns a line for each side that is not there. */
  List<String> missing() {
    return missing;
  }

  /** Returns what every side found in its environment. */
  Map<String, String> environment() {
    return environment;
  }

  private void add(String name, List<String> command) throws InterruptedException {
    var side = new Side(name, command, environment);
    try {
      side.start();
      all.add(side);
    } catch (Side.Failed e) {
      side.close();
      missing.add(name + ": " + e.getMessage());
    }
  }

  private void addPeer(String name, String threads) throws InterruptedException {
    Path folder = Path.of("benchmarks/peers", PEERS.get(name));
    try {
      add(name, Commands.peer(folder, "Peer", threads));
    } catch (IOException e) {
      missing.add(name + ": not built; -Ppeers builds it");
    }
  }

  private void addTwinInC(String threads) throws InterruptedException {
    var twin = compile("twin", "-O3", "-march=native", "-ffast-math", "-fopenmp");
    if (twin.isPresent()) {
      add(Target.LIMIT, List.of(twin.get(), openBlas(1), threads));
    }
  }

  /** Compiles a program of {@code c/}; returns its file, or nothing if that cannot be. */
  private Optional<String> compile(String program, String... options) throws InterruptedException {
    Path file = Path.of("benchmarks/target", program);
    var compiler = new ArrayList<>(List.of("cc", "-Wall", "-o", file.toString()));
    compiler.addAll(List.of(options));
    compiler.addAll(List.of("benchmarks/c/" + program + ".c", "-ldl", "-lm"));
    try {
      Files.createDirectories(file.getParent());
      int status = new ProcessBuilder(compiler).inheritIO().start().waitFor();
      if (status == 0) {
        return Optional.of(file.toString());
      }
      return packed(program, "cc ended with status " + status);
    } catch (IOException e) {
      return packed(program, e.getMessage());
    }
  }

  /** Returns what {@code check.Pack} compiled, if there is any. */
  private Optional<String> packed(String program, String reason) {
    Path file = Path.of("benchmarks/c", program);
    if (Files.isExecutable(file)) {
      return Optional.of(file.toString());
    }
    missing.add(Target.LIMIT + ": " + reason);
    return Optional.empty();
  }

  /** Returns the file of a library of CUDA that Chagres itself loaded. */
  private static String library(String name) {
    Matcher line =
        Pattern.compile("^\\s*(\\S*/" + name + "\\.so\\S*)$", Pattern.MULTILINE)
            .matcher(Chagres.doctor());
    if (!line.find()) {
      throw new IllegalStateException("the doctor names no " + name + ": " + Chagres.doctor());
    }
    return line.group(1);
  }

  /** The same threads, and the same kernels of OpenBLAS, for all. */
  private static Map<String, String> environment(int threads) {
    var all = new HashMap<String, String>();
    for (String name :
        List.of(
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "NUMEXPR_MAX_THREADS")) {
      all.put(name, "" + threads);
    }
    all.put("OPENBLAS_CORETYPE", openBlas(2));
    return Map.copyOf(all);
  }

  /**
   * Returns the file that Chagres itself loaded (1), or the processor that it took itself for (2).
   */
  private static String openBlas(int part) {
    Matcher line = OPENBLAS.matcher(Chagres.doctor());
    if (!line.find()) {
      throw new IllegalStateException("the doctor names no OpenBLAS: " + Chagres.doctor());
    }
    return line.group(part);
  }

  private static final Pattern OPENBLAS =
      Pattern.compile("^openblas\\s+(\\S+).*?core (\\w+)", Pattern.MULTILINE);

  @Override
  public void close() {
    all.forEach(Side::close);
  }
}
