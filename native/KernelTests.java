import module java.base;

/** The programs of native/test, and kernels with the compiler's sanitizers. */
record KernelTests(Kernels kernels, Path target, Compiler compiler) {
  KernelTests(Kernels kernels) {
    this(kernels, kernels.target(), kernels.compiler());
  }

  /** The reference's own flags: plain loops, and the arithmetic that the kernels promise. */
  static final List<String> TEST_FLAGS =
      List.of(
          "-O1",
          "-g",
          "-std=gnu11",
          "-fwrapv",
          "-fno-strict-aliasing",
          "-ffp-contract=off",
          "-Inative/include");

  /** One program of native/test: its sources, and its arguments for a quick and for a full run. */
  record TestProgram(String name, List<String> sources, String quick, String full) {}

  static final List<TestProgram> TEST_PROGRAMS =
      List.of(
          new TestProgram(
              "kernels_test",
              List.of(
                  "kernels_test.c",
                  "reduce_test.c",
                  "rows_test.c",
                  "images_test.c",
                  "optimizers_test.c",
                  "products_test.c",
                  "order_test.c",
                  "index_test.c"),
              "4",
              "1"),
          new TestProgram("share_test", List.of("share_test.c"), "300", "3000"),
          new TestProgram("accuracy", List.of("accuracy.c"), "39901", "997"));

  void run(boolean full) throws Exception {
    long start = System.nanoTime();
    int level = level();
    var variants =
        Kernels.variants().stream()
            .filter(variant -> Integer.parseInt(variant.name().substring(1)) <= level)
            .toList();
    if (variants.isEmpty()) {
      throw new BuildException("There is no variant of the kernels that this processor can run.");
    }
    var chosen = full ? variants : List.of(variants.getLast());
    var passed = target.resolve("native/tests.key");
    byte[] key = testKey(full, chosen);
    if (!full && Files.exists(passed) && Arrays.equals(Files.readAllBytes(passed), key)) {
      return;
    }
    Files.deleteIfExists(passed);
    var tests = new ArrayList<Callable<Void>>();
    tests.add(KernelTests::checkTables);
    for (var program : TEST_PROGRAMS) {
      for (var variant : chosen) {
        var parts = objects(variant);
        var extra = full ? program.full() : program.quick();
        tests.add(() -> runTest(program, variant.name(), parts, List.of(), extra));
      }
      if (full) {
        var parts = Products.filesIn(Path.of("native/cpu"), ".c");
        var flags =
            Compiler.with(
                variants.getLast().flags(),
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover");
        tests.add(() -> runTest(program, "sanitized", parts, flags, program.quick()));
      }
    }
    Kernels.runAll(tests);
    Files.write(passed, key);
    IO.println("Tested the kernels in %.1f s.".formatted((System.nanoTime() - start) / 1e9));
  }

  /** Compares the numbers of lookup.h with what they are computed from. */
  static Void checkTables() throws IOException {
    if (!Files.readAllLines(Tables.FILE).equals(Tables.text().lines().toList())) {
      throw new BuildException(
          "%s is not what `java native/Tables.java` writes.".formatted(Tables.FILE));
    }
    return null;
  }

  /**
   * What makes the compiler check every access to memory, and arithmetic that C leaves undefined.
   */
  static final List<String> SANITIZERS =
      List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g", "-w");

  /**
   * Builds the kernels for this machine with the sanitizers, for tests in Java:
   * <target>/native/sanitized.txt names the library and the sanitizers' runtime, which a process
   * has to load first. It is not there if the compiler is none that has a runtime of its own to
   * load (GCC on Linux has).
   */
  void buildSanitized() throws Exception {
    var list = target.resolve("native/sanitized.txt");
    var runtime =
        Path.of(
            Compiler.run(Compiler.with(compiler.command(), "-print-file-name=libasan.so"))
                .output()
                .strip());
    if (Compiler.MAC || Compiler.WINDOWS || !runtime.isAbsolute() || !Files.exists(runtime)) {
      Files.deleteIfExists(list);
      return;
    }
    int level = level();
    var variant =
        Kernels.variants().stream()
            .filter(each -> Integer.parseInt(each.name().substring(1)) <= level)
            .toList()
            .getLast();
    var library = target.resolve("native/libchagres-sanitized.so");
    var headers = Products.filesIn(Path.of("native/include"), "");
    headers.addAll(Products.filesIn(Path.of("native/cpu"), ".h", ".inc", ".def"));
    var flags = new ArrayList<>(variant.flags());
    flags.addAll(SANITIZERS);
    var exports = target.resolve("native/exports.h").toString();
    flags.addAll(List.of("-Inative/include", "-Inative/cpu", "-include", exports));
    var shared =
        HexFormat.of()
            .formatHex(Products.digest(headers, compiler.version(), compiler.flags().toString()));
    var stale = new ArrayList<Kernels.Unit>();
    var command = Compiler.with(compiler.command(), "-shared", SANITIZERS.getFirst());
    for (var source : Products.filesIn(Path.of("native/cpu"), ".c")) {
      var unit = kernels.unit(source, flags, "sanitized-" + Products.stem(source), shared);
      command.add(unit.object().toString());
      if (!Products.isCurrent(unit.object(), unit.key())) {
        stale.add(unit);
      }
    }
    if (stale.isEmpty() && Files.exists(library) && Files.exists(list)) {
      return;
    }
    kernels.compileAll(stale);
    command.addAll(List.of("-lm", "-pthread", "-o", library.toString()));
    Compiler.runOrFail(command, library.toString());
    Products.writeIfChanged(list, library + "\n" + runtime.toRealPath() + "\n");
  }

  /** Returns the level of the instruction set that the probe finds here. */
  int level() throws Exception {
    var name = Kernels.libraryName("probe");
    Path probe;
    try (var files = Files.walk(target.resolve("classes/dev/chagres/backend/cpu/native"))) {
      probe =
          files
              .filter(file -> file.endsWith(name))
              .findFirst()
              .orElseThrow(
                  () -> new BuildException("The kernels are not built: run `mvn compile` first."));
    }
    return SymbolLookup.libraryLookup(probe, Arena.global())
        .findOrThrow("chagres_cpu_level")
        .reinterpret(Integer.BYTES)
        .get(ValueLayout.JAVA_INT, 0);
  }

  List<Path> objects(Kernels.Variant variant) throws IOException {
    var objects = Products.filesIn(target.resolve("native"), ".o");
    objects.removeIf(file -> !file.getFileName().toString().startsWith(variant.name() + "-"));
    return objects;
  }

  byte[] testKey(boolean full, List<Kernels.Variant> variants) throws Exception {
    var inputs = Products.filesIn(Path.of("native/test"), "");
    inputs.addAll(List.of(Tables.FILE, Path.of("native/Tables.java")));
    for (var variant : variants) {
      inputs.addAll(objects(variant));
    }
    return Products.digest(
        inputs,
        full ? "full" : "quick",
        compiler.version(),
        TEST_FLAGS.toString(),
        TEST_PROGRAMS.toString());
  }

  /** Builds and runs a program with these objects or sources of the kernels. */
  Void runTest(
      TestProgram program, String suffix, List<Path> parts, List<String> flags, String argument)
      throws Exception {
    var file = target.resolve("native/" + program.name() + "-" + suffix).toString();
    var command = Compiler.with(compiler.command(), TEST_FLAGS.toArray(String[]::new));
    command.addAll(Compiler.FLAGS.stream().filter(flag -> flag.startsWith("-fno-")).toList());
    command.addAll(flags);
    program.sources().forEach(source -> command.add("native/test/" + source));
    parts.forEach(part -> command.add(part.toString()));
    command.addAll(List.of("-lm", "-pthread", "-o", file));
    Compiler.runOrFail(command, program.name());
    var result = Compiler.run(List.of(file, argument));
    if (result.status() != 0) {
      throw new BuildException(
          "%s %s failed (%d):%n%s".formatted(file, argument, result.status(), result.output()));
    }
    return null;
  }
}
