import module java.base;

/**
 * Tests of the emulator of CUDA itself (native/emulator/test), and programs that run our kernels
 * under the compiler's sanitizers (native/cuda/check: each is a source with a main, whose header is
 * native/emulator/harness.hpp).
 */
record EmulatorTests(Emulator emulator) {
  static final Path TESTS = Emulator.SOURCES.resolve("test");
  static final Path CHECKS = Path.of("native/cuda/check");

  /** How a program is compiled for a sanitizer, and what that says if it finds something. */
  enum Sanitizer {
    THREADS("ThreadSanitizer: data race", "-fsanitize=thread"),
    ADDRESSES("ERROR: AddressSanitizer", "-fsanitize=address,undefined", "-fno-sanitize-recover");

    final String finding;
    final List<String> flags;

    Sanitizer(String finding, String... flags) {
      this.finding = finding;
      this.flags = List.of(flags);
    }
  }

  /** A case of sanitized.cpp, and what finds its mistake. */
  record Planted(String name, Sanitizer sanitizer, String words) {
    Planted(String name, Sanitizer sanitizer) {
      this(name, sanitizer, sanitizer.finding);
    }
  }

  static final List<Planted> PLANTED =
      List.of(
          new Planted("no barrier after a write", Sanitizer.THREADS),
          new Planted("no barrier before memory is used again", Sanitizer.THREADS),
          new Planted("no __syncwarp", Sanitizer.THREADS),
          new Planted("halves of a warp", Sanitizer.THREADS),
          new Planted("blocks add without atomics", Sanitizer.THREADS),
          new Planted("blocks write one cell", Sanitizer.THREADS),
          new Planted("beyond an array", Sanitizer.ADDRESSES),
          new Planted("beyond dynamic shared memory", Sanitizer.ADDRESSES),
          new Planted("a kernel that fails", Sanitizer.THREADS, "lanes that the block has not"));

  /** The emulator's own tests; full with its sanitized ones, and our kernels under sanitizers. */
  void run(boolean full) throws Exception {
    var passed = emulator.target().resolve("native/emulator/tests.key");
    byte[] key = key();
    if (!full && Files.exists(passed) && Arrays.equals(Files.readAllBytes(passed), key)) {
      return;
    }
    var tasks = new ArrayList<Callable<Void>>();
    tasks.add(this::testDriver);
    if (full) {
      for (var sanitizer : Sanitizer.values()) {
        tasks.add(() -> testPlanted(sanitizer));
      }
      tasks.addAll(checks());
    }
    runTimed(tasks, "Tested the emulator of CUDA in %.1f s.");
    Files.write(passed, key);
  }

  /** Our kernels under the sanitizers, alone. */
  void checkKernels() throws Exception {
    runTimed(checks(), "Ran the kernels under sanitizers in %.1f s.");
  }

  private static void runTimed(List<Callable<Void>> tasks, String text) throws Exception {
    long start = System.nanoTime();
    Kernels.runAll(tasks);
    IO.println(text.formatted((System.nanoTime() - start) / 1e9));
  }

  private Void testDriver() throws Exception {
    var sources = Products.filesIn(TESTS, "_test.cpp");
    sources.add(TESTS.resolve("main.cpp"));
    var program = compile("emulator_test", sources, List.of("-std=c++20"));
    expectSuccess(program, List.of());
    return null;
  }

  private Void testPlanted(Sanitizer sanitizer) throws Exception {
    var program = compileSanitized(TESTS.resolve("sanitized.cpp"), sanitizer);
    expectSuccess(program, List.of("right"));
    for (var planted : PLANTED) {
      if (planted.sanitizer() == sanitizer) {
        var result = Compiler.run(List.of(program, planted.name()));
        if (result.status() == 0 || !result.output().contains(planted.words())) {
          throw new BuildException(
              "%s does not find the mistake \"%s\" (%d):%n%s"
                  .formatted(program, planted.name(), result.status(), result.output()));
        }
      }
    }
    return null;
  }

  private List<Callable<Void>> checks() throws IOException {
    var tasks = new ArrayList<Callable<Void>>();
    for (var source : Products.filesIn(CHECKS, ".cpp")) {
      for (var sanitizer : Sanitizer.values()) {
        tasks.add(
            () -> {
              expectSuccess(compileSanitized(source, sanitizer), List.of());
              return null;
            });
      }
    }
    return tasks;
  }

  private String compileSanitized(Path source, Sanitizer sanitizer) throws Exception {
    // Optimised as little as keeps the loops short: what is removed cannot be checked.
    var flags = Compiler.with(List.of("-std=c++17", "-O1", "-g", "-w", "-fwrapv"));
    flags.addAll(List.of("-fno-strict-aliasing", "-ffp-contract=off"));
    flags.addAll(sanitizer.flags);
    var name = Products.stem(source) + "-" + sanitizer.name().toLowerCase(Locale.ROOT);
    return compile(name, List.of(source), flags);
  }

  /** Builds a program with the emulator; returns its path. */
  private String compile(String name, List<Path> sources, List<String> flags) throws Exception {
    var file = emulator.target().resolve("native/emulator").resolve(name).toString();
    var command = Compiler.with(emulator.compiler().command());
    command.addAll(flags);
    command.addAll(List.of("-Inative/emulator", "-Inative/include", "-Inative/cuda"));
    sources.forEach(source -> command.add(source.toString()));
    command.add(emulator.library().toString());
    command.addAll(List.of("-Wl,-rpath," + emulator.folder(), "-pthread", "-o", file));
    Compiler.runOrFail(command, name);
    return file;
  }

  private static void expectSuccess(String program, List<String> arguments) throws Exception {
    var result = Compiler.run(Compiler.with(List.of(program), arguments.toArray(String[]::new)));
    if (result.status() != 0) {
      throw new BuildException(
          "%s failed (%d):%n%s".formatted(program, result.status(), result.output()));
    }
  }

  private byte[] key() throws Exception {
    var inputs = Products.filesIn(TESTS, "");
    inputs.add(Products.keyOf(emulator.library()));
    return Products.digest(inputs);
  }
}
