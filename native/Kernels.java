import module java.base;

/** The libraries of our kernels: what they are compiled from, how, and whether they have to be. */
record Kernels(Path target, Compiler compiler) {
  /**
   * One build of the kernels: its name, which ends the library's, and the flags that choose its
   * instruction set.
   */
  record Variant(String name, List<String> flags) {}

  static List<Variant> variants() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" ->
          List.of(
              new Variant("v2", List.of("-march=x86-64-v2")),
              new Variant("v3", List.of("-march=x86-64-v3")),
              // GCC would use half of the registers, for the sake of the first processors that had
              // them.
              new Variant("v4", List.of("-march=x86-64-v4", "-mprefer-vector-width=512")));
      case "aarch64" -> List.of(new Variant("v8", List.of("-march=armv8-a")));
      case String arch ->
          throw new BuildException("Chagres has no kernels for the processor " + arch + ".");
    };
  }

  static String libraryName(String variant) {
    return Compiler.WINDOWS
        ? "chagres-" + variant + ".dll"
        : "libchagres-" + variant + (Compiler.MAC ? ".dylib" : ".so");
  }

  /** A library to link, and what to compile for it. */
  record Library(String name, List<Unit> units) {}

  /**
   * One source to compile with these flags to this object; the key says what the object is made
   * from.
   */
  record Unit(Path source, List<String> flags, Path object, byte[] key) {}

  /** Compiles every source for every variant, on all cores, and links each; returns the names. */
  List<String> build(Path out) throws Exception {
    long start = System.nanoTime();
    var libraries = libraries();
    var stale = new ArrayList<Unit>();
    for (var library : libraries) {
      for (var unit : library.units()) {
        if (!Products.isCurrent(unit.object(), unit.key())) {
          stale.add(unit);
        }
      }
    }
    var compilerName = compiler.version().lines().findFirst().orElse("the C compiler");
    if (!stale.isEmpty()) {
      IO.println(
          "Compiling the kernels with %s: %d objects.".formatted(compilerName, stale.size()));
      compileAll(stale);
    }
    boolean linked = false;
    for (var library : libraries) {
      linked |= link(library, out);
    }
    if (linked) {
      IO.println("Built the kernels in %.1f s.".formatted((System.nanoTime() - start) / 1e9));
    }
    return libraries.stream().map(Library::name).toList();
  }

  List<Library> libraries() throws Exception {
    var sources = Products.filesIn(Path.of("native/cpu"), ".c");
    var headers = Products.filesIn(Path.of("native/include"), "");
    headers.addAll(Products.filesIn(Path.of("native/cpu"), ".h", ".inc", ".def"));
    byte[] common =
        Products.digest(
            headers,
            compiler.command().toString(),
            compiler.version(),
            compiler.flags().toString());
    var shared = HexFormat.of().formatHex(common);

    // Seen first, these declarations make the functions of the C interface the only visible ones.
    var exports = target.resolve("native/exports.h");
    Products.writeIfChanged(
        exports,
        "#pragma GCC visibility push(default)\n"
            + "#include \"kernels.h\"\n"
            + "#pragma GCC visibility pop\n");

    var libraries = new ArrayList<Library>();
    for (var variant : variants()) {
      var flags = new ArrayList<>(variant.flags());
      flags.addAll(List.of("-Inative/include", "-Inative/cpu", "-include", exports.toString()));
      var units = new ArrayList<Unit>();
      for (var source : sources) {
        units.add(unit(source, flags, variant.name() + "-" + Products.stem(source), shared));
      }
      libraries.add(new Library(libraryName(variant.name()), units));
    }
    var probe =
        unit(Path.of("native/cpu/probe/probe.c"), List.of("-fvisibility=default"), "probe", shared);
    libraries.add(new Library(libraryName("probe"), List.of(probe)));
    return libraries;
  }

  Unit unit(Path source, List<String> flags, String name, String shared) throws Exception {
    var object = target.resolve("native").resolve(name + ".o");
    return new Unit(
        source, flags, object, Products.digest(List.of(source), shared, flags.toString()));
  }

  /** Compiles on all cores, the longest sources first; the first failure ends it. */
  void compileAll(List<Unit> units) throws Exception {
    units.sort(Comparator.comparingLong((Unit unit) -> unit.source().toFile().length()).reversed());
    var tasks = new ArrayList<Callable<Void>>();
    for (var unit : units) {
      tasks.add(
          () -> {
            compile(unit);
            return null;
          });
    }
    runAll(tasks);
  }

  void compile(Unit unit) throws Exception {
    var command = Compiler.with(compiler.command());
    command.addAll(compiler.flags());
    command.addAll(unit.flags());
    command.addAll(List.of("-c", unit.source().toString(), "-o", unit.object().toString()));
    Compiler.runOrFail(command, unit.source().toString());
    Files.write(Products.keyOf(unit.object()), unit.key());
  }

  /** Links a library, unless that was done with the same objects; says whether it linked. */
  boolean link(Library library, Path out) throws Exception {
    var name = library.name();
    var keys = new StringBuilder(name);
    library.units().forEach(unit -> keys.append(HexFormat.of().formatHex(unit.key())));
    byte[] key = Products.digest(List.of(), keys.toString());
    var file = out.resolve(name);
    var keyFile = target.resolve("native").resolve(name + ".key");
    if (Files.exists(file)
        && Files.exists(keyFile)
        && Arrays.equals(Files.readAllBytes(keyFile), key)) {
      return false;
    }
    var fresh = target.resolve("native").resolve(name);
    var command =
        Compiler.with(compiler.command(), Compiler.MAC ? "-dynamiclib" : "-shared", "-O3");
    library.units().forEach(unit -> command.add(unit.object().toString()));
    if (Compiler.MAC) {
      command.add("-Wl,-install_name,@rpath/" + name);
    } else if (!Compiler.WINDOWS) {
      command.addAll(
          List.of("-static-libgcc", "-Wl,-z,defs", "-Wl,-z,noexecstack", "-lm", "-pthread"));
    }
    command.addAll(List.of("-o", fresh.toString()));
    Compiler.runOrFail(command, name);
    // A library that some JVM has mapped must not change under it: a new file takes its name.
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    Files.write(keyFile, key);
    return true;
  }

  /** Runs tasks, as many at once as there are cores; the first failure ends it. */
  static void runAll(List<Callable<Void>> tasks) throws Exception {
    var pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      var done = new ExecutorCompletionService<Void>(pool);
      tasks.forEach(done::submit);
      for (int i = 0; i < tasks.size(); i++) {
        done.take().get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      pool.shutdownNow();
    }
  }
}
