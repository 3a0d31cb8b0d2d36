import module java.base;

/**
 * Tests of the emulator of CUDA itself (native/emulator/test), and our kernels under the compiler's
 * sanitizers: the launches that tests in Java have recorded, and programs of native/cuda/check,
 * each a source with a main, whose header is native/emulator/harness.hpp.
 */
record EmulatorTests(Emulator emulator) {
  static final Path TESTS = Emulator.SOURCES.resolve("test");
  static final Path CHECKS = Path.of("native/cuda/check");
  static final Path REPLAY = Emulator.SOURCES.resolve("replay/replay.cpp");

  /** How a program is compiled for a sanitizer, and what that says if it finds something. */
  enum Sanitizer {
    THREADS(List.of("ThreadSanitizer: data race"), "-fsanitize=thread"),
    ADDRESSES(
        List.of("ERROR: AddressSanitizer", "runtime error:"),
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover");

    final List<String> findings;
    final List<String> flags;

    Sanitizer(List<String> findings, String... flags) {
      this.findings = findings;
      this.flags = List.of(flags);
    }
  }

  /** A case of sanitized.cpp, and what finds its mistake. */
  record Planted(String name, Sanitizer sanitizer, String words) {
    Planted(String name, Sanitizer sanitizer) {
      this(name, sanitizer, sanitizer.findings.getFirst());
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

  /** The kernels of bugs_test.cpp whose launches a sanitizer finds wrong. */
  static Set<String> wrongLaunches(Sanitizer sanitizer) {
    return sanitizer == Sanitizer.THREADS
        ? Set.of("neighbours<false, true>", "neighbours<true, false>", "warpNeighbours<false>")
        : Set.of(
            "write", "writeBefore", "readBeyond", "sharedBeyond", "staticBeyond", "deep", "divide");
  }

  /**
   * The emulator's own tests, and a launch of each of our kernels under the sanitizers; full also
   * the sanitized tests, and all launches that were recorded.
   */
  void run(boolean full) throws Exception {
    test(full);
    checkKernels(chosen());
  }

  private void test(boolean full) throws Exception {
    var passed = work().resolve("tests.key");
    byte[] key = key();
    if (!full && Files.exists(passed) && Arrays.equals(Files.readAllBytes(passed), key)) {
      return;
    }
    var tasks = new ArrayList<Callable<Void>>();
    tasks.add(
        () -> {
          expectSuccess(List.of(compileTest("plain")));
          return null;
        });
    if (full) {
      for (var sanitizer : Sanitizer.values()) {
        tasks.add(() -> testPlanted(sanitizer));
        tasks.add(() -> testRecords(sanitizer));
      }
      tasks.addAll(checks(Products.filesIn(emulator.records(), ".launch")));
    }
    runTimed(tasks, "Tested the emulator of CUDA in %.1f s.");
    Files.write(passed, key);
    if (full) {
      Products.deleteTree(emulator.records());
    }
  }

  /** A launch of each kernel, if the test in Java that makes them has run. */
  private List<Path> chosen() throws Exception {
    var names = emulator.launches().resolve("chosen.txt");
    return Files.exists(names)
        ? Files.readAllLines(names).stream().map(emulator.launches()::resolve).toList()
        : List.of();
  }

  /** Our kernels under the sanitizers, alone: all launches that are recorded. */
  void checkKernels() throws Exception {
    var launches = Products.filesIn(emulator.records(), ".launch");
    launches.addAll(chosen());
    checkKernels(launches);
  }

  /** Runs all of them, also where some are found wrong. */
  private void checkKernels(List<Path> launches) throws Exception {
    var findings = Collections.synchronizedList(new ArrayList<String>());
    var tasks = new ArrayList<Callable<Void>>();
    for (var check : checks(launches)) {
      tasks.add(
          () -> {
            try {
              return check.call();
            } catch (BuildException e) {
              findings.add(e.getMessage());
              return null;
            }
          });
    }
    var text = "Ran CUDA kernels under sanitizers, %d programs, in %%.1f s.";
    runTimed(tasks, text.formatted(tasks.size()));
    if (!findings.isEmpty()) {
      throw new BuildException(
          "%d programs failed:%n%s".formatted(findings.size(), String.join("\n", findings)));
    }
  }

  private static void runTimed(List<Callable<Void>> tasks, String text) throws Exception {
    long start = System.nanoTime();
    Kernels.runAll(tasks);
    IO.println(text.formatted((System.nanoTime() - start) / 1e9));
  }

  private byte[] key() throws Exception {
    var inputs = Products.filesIn(TESTS, "");
    inputs.add(Products.keyOf(emulator.library()));
    return Products.digest(inputs);
  }

  private Path work() {
    return emulator.target().resolve("native/emulator");
  }

  private String compileTest(String suffix) throws Exception {
    var sources = Products.filesIn(TESTS, "_test.cpp");
    sources.add(TESTS.resolve("main.cpp"));
    // What the emulator does not export and a test calls by itself
    sources.add(Emulator.SOURCES.resolve("mail.cpp"));
    sources.add(Emulator.SOURCES.resolve("process.cpp"));
    return compile("emulator_test-" + suffix, sources, List.of("-std=c++20"));
  }

  private Void testPlanted(Sanitizer sanitizer) throws Exception {
    var program = compileSanitized("planted", TESTS.resolve("sanitized.cpp"), sanitizer);
    expectSuccess(List.of(program, "right"));
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

  /**
   * Records launches of the emulator's own tests, replays each, and expects reports of the kernels
   * with mistakes, and of no others.
   */
  private Void testRecords(Sanitizer sanitizer) throws Exception {
    var folder = work().resolve("records-" + sanitizer);
    Products.deleteTree(folder);
    var test = compileTest(sanitizer.toString());
    expectSuccess(List.of("env", "CHAGRES_EMULATOR_RECORD=" + folder, test));
    var program = compileSanitized("test-replay", REPLAY, sanitizer);
    var found = new TreeSet<String>();
    for (var file : Products.filesIn(folder, ".launch")) {
      var module = emulator.modules().resolve(moduleOf(file) + ".cpp");
      var library = compileModule(module, sanitizer);
      var result = Compiler.run(List.of(program, library, file.toString()));
      if (sanitizer.findings.stream().anyMatch(result.output()::contains)) {
        var launch = result.output().lines().filter(line -> line.contains(", grid (")).findFirst();
        found.add(launch.orElse(result.output()).replaceFirst(", grid .*", ""));
      }
    }
    if (!found.equals(wrongLaunches(sanitizer))) {
      throw new BuildException(
          "Replayed for %s the launches of %s were found wrong, not those of %s."
              .formatted(sanitizer, found, wrongLaunches(sanitizer)));
    }
    return null;
  }

  private List<Callable<Void>> checks(List<Path> launches) throws Exception {
    var tasks = new ArrayList<Callable<Void>>();
    var records =
        launches.stream()
            .collect(
                Collectors.groupingBy(EmulatorTests::moduleOf, TreeMap::new, Collectors.toList()));
    for (var sanitizer : Sanitizer.values()) {
      for (var source : Products.filesIn(CHECKS, ".cpp")) {
        tasks.add(
            () -> {
              expectSuccess(List.of(compileSanitized(Products.stem(source), source, sanitizer)));
              return null;
            });
      }
      if (!records.isEmpty()) {
        var program = compileSanitized("replay", REPLAY, sanitizer);
        records.forEach(
            (module, files) -> tasks.add(() -> replay(program, sanitizer, module, files)));
      }
    }
    return tasks;
  }

  /** The module of which a record is, by its name. */
  private static String moduleOf(Path record) {
    return record.getFileName().toString().split("-")[0];
  }

  private Void replay(String program, Sanitizer sanitizer, String module, List<Path> files)
      throws Exception {
    var source = emulator.modules().resolve(module + ".cpp");
    if (Files.exists(source)) {
      var command = Compiler.with(List.of(program, compileModule(source, sanitizer)));
      files.forEach(file -> command.add(file.toString()));
      expectSuccess(command);
    } else {
      // Records of an earlier build.
      for (var file : files) {
        Files.deleteIfExists(file);
      }
    }
    return null;
  }

  /**
   * Compiles what the emulator has compiled once more, for a sanitizer; its first line says how.
   */
  private String compileModule(Path source, Sanitizer sanitizer) throws Exception {
    var library = work().resolve(Products.stem(source) + "-" + sanitizer + ".so");
    if (!Files.exists(library)) {
      var fresh = Files.createTempFile(work(), "module", ".so");
      var command = Compiler.with(emulator.compiler().command());
      command.addAll(Emulator.MODULE_FLAGS);
      command.addAll(sanitizer.flags);
      try (var lines = Files.lines(source)) {
        command.addAll(List.of(lines.findFirst().orElseThrow().substring(2).split(" ")));
      }
      var prelude = emulator.folder().resolve("prelude/prelude.hpp").toString();
      command.addAll(List.of("-g", "-include", prelude, "-shared"));
      command.addAll(List.of(source.toString(), "-o", fresh.toString()));
      Compiler.runOrFail(command, source.toString());
      Files.move(fresh, library, StandardCopyOption.REPLACE_EXISTING);
    }
    return library.toString();
  }

  private String compileSanitized(String name, Path source, Sanitizer sanitizer) throws Exception {
    // Optimised as little as keeps the loops short: what is removed cannot be checked.
    var flags = Compiler.with(List.of("-std=c++17", "-O1", "-g", "-w", "-fwrapv"));
    flags.addAll(List.of("-fno-strict-aliasing", "-ffp-contract=off"));
    flags.addAll(sanitizer.flags);
    return compile(name + "-" + sanitizer, List.of(source), flags);
  }

  /** Builds a program with the emulator; returns its path. */
  private String compile(String name, List<Path> sources, List<String> flags) throws Exception {
    var file = work().resolve(name).toString();
    var command = Compiler.with(emulator.compiler().command());
    command.addAll(flags);
    command.addAll(List.of("-Inative/emulator", "-Inative/include", "-Inative/cuda"));
    sources.forEach(source -> command.add(source.toString()));
    command.add(emulator.library().toString());
    command.addAll(List.of("-Wl,-rpath," + emulator.folder(), "-pthread", "-ldl", "-o", file));
    Compiler.runOrFail(command, name);
    return file;
  }

  private static void expectSuccess(List<String> command) throws Exception {
    var result = Compiler.run(command);
    if (result.status() != 0) {
      throw new BuildException(
          "%s failed (%d):%n%s"
              .formatted(String.join(" ", command), result.status(), result.output()));
    }
  }
}
