import module java.base;

/**
 * The emulator of CUDA, for tests on machines without a GPU: a library with the functions of the
 * driver, NVRTC, cuBLAS, cuBLASLt and NCCL, the header with which it compiles kernels for the CPU,
 * and its own tests. Result: <target>/emulator/ with that library under the names by which the real
 * ones are found. Without g++ the folder is not there, and the tests that want it are skipped.
 */
record Emulator(Path target, Compiler compiler) {
  static final Path SOURCES = Path.of("native/emulator");

  static final List<String> FLAGS =
      List.of(
          "-std=c++20",
          "-O2",
          "-ftree-vectorize",
          "-fvect-cost-model=dynamic",
          "-fPIC",
          "-fvisibility=hidden",
          "-Wall",
          "-Wextra",
          "-Werror");

  /** With which kernels are compiled, and the header before them. */
  static final List<String> MODULE_FLAGS =
      List.of(
          "-std=c++17",
          "-nostdinc++", // the prelude has what kernels need of its headers
          "-O1",
          "-fPIC",
          "-fvisibility=hidden",
          "-fno-gnu-unique",
          "-ffp-contract=off",
          "-fwrapv",
          "-fno-strict-aliasing",
          "-fno-math-errno",
          "-w");

  static final List<String> NAMES =
      List.of(
          "libcuda.so.1",
          "libnvrtc.so.13",
          "libnvrtc-builtins.so.13.0",
          "libcublas.so.13",
          "libcublasLt.so.13",
          "libnccl.so.2");

  /** Finds g++, or the compiler that CXX names; null if there is none. */
  static Compiler findCompiler() throws Exception {
    String chosen = System.getenv("CXX");
    var command =
        chosen == null || chosen.isBlank() ? List.of("g++") : List.of(chosen.strip().split("\\s+"));
    try {
      var version = Compiler.run(Compiler.with(command, "--version"));
      return version.status() == 0 ? new Compiler(command, version.output()) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns the emulator for this machine, null if it cannot be built here. */
  static Emulator find(Path target) throws Exception {
    var compiler = System.getProperty("os.name").equals("Linux") ? findCompiler() : null;
    if (compiler == null) {
      Products.deleteTree(target.resolve("emulator"));
      IO.println(
          "[WARNING] No g++ on Linux: the emulator of CUDA is not built, its tests are skipped.");
      return null;
    }
    return new Emulator(target, compiler);
  }

  Path folder() {
    return target.resolve("emulator");
  }

  Path library() {
    return folder().resolve("libchagres-emulator.so");
  }

  /** What has been compiled, with its sources. */
  Path modules() {
    return folder().resolve("modules");
  }

  /** Launches of the test in Java that launches each kernel. */
  Path launches() {
    return folder().resolve("launches");
  }

  /** Launches of the tests in Java. */
  Path records() {
    return folder().resolve("records");
  }

  void build() throws Exception {
    long start = System.nanoTime();
    Files.createDirectories(folder().resolve("prelude"));
    Files.createDirectories(objects());
    var sources = Products.filesIn(SOURCES, ".cpp");
    var headers = Products.filesIn(SOURCES, ".hpp");
    var prelude = Products.filesIn(SOURCES.resolve("prelude"), ".hpp");
    headers.addAll(prelude);
    headers.add(SOURCES.resolve("exports.map"));
    byte[] key = digest(Stream.concat(sources.stream(), headers.stream()).toList());
    if (Products.isCurrent(library(), key)) {
      return;
    }
    var build = HexFormat.of().formatHex(digest(prelude));
    var tasks = new ArrayList<Callable<Void>>();
    tasks.add(() -> precompile(prelude));
    var shared = HexFormat.of().formatHex(digest(headers));
    for (var source : sources) {
      var flags = new ArrayList<>(FLAGS);
      if (Products.stem(source).equals("nvrtc")) {
        flags.add(define("EMULATOR_COMPILER", String.join(" ", compiler.command())));
        flags.add(define("EMULATOR_FLAGS", String.join(" ", MODULE_FLAGS)));
        flags.add(define("EMULATOR_BUILD", build));
      }
      tasks.add(() -> compile(source, flags, object(source), shared));
    }
    Kernels.runAll(tasks);
    link(sources);
    Files.write(Products.keyOf(library()), key);
    IO.println(
        "Built the emulator of CUDA in %.1f s.".formatted((System.nanoTime() - start) / 1e9));
  }

  private static String define(String name, String text) {
    return "-D" + name + "=\"" + text + '"';
  }

  private Path objects() {
    return target.resolve("native/emulator");
  }

  private Path object(Path source) {
    return objects().resolve(Products.stem(source) + ".o");
  }

  private byte[] digest(List<Path> files) throws Exception {
    return Products.digest(
        files,
        compiler.command().toString(),
        compiler.version(),
        FLAGS.toString(),
        MODULE_FLAGS.toString());
  }

  private Void compile(Path source, List<String> flags, Path object, String shared)
      throws Exception {
    byte[] key = Products.digest(List.of(source), shared, flags.toString());
    if (!Products.isCurrent(object, key)) {
      var command = Compiler.with(compiler.command());
      command.addAll(flags);
      command.addAll(List.of("-c", source.toString(), "-o", object.toString()));
      Compiler.runOrFail(command, source.toString());
      Files.write(Products.keyOf(object), key);
    }
    return null;
  }

  /** Copies the header of kernels beside the library, and compiles it once for all modules. */
  private Void precompile(List<Path> prelude) throws Exception {
    byte[] key = digest(prelude);
    var product = folder().resolve("prelude/prelude.hpp.gch");
    if (Products.isCurrent(product, key)) {
      return null;
    }
    Products.deleteTree(modules());
    for (var header : prelude) {
      var copy = folder().resolve("prelude").resolve(header.getFileName());
      Products.writeIfChanged(copy, Files.readString(header));
    }
    var header = folder().resolve("prelude/prelude.hpp").toString();
    var command = Compiler.with(compiler.command());
    command.addAll(MODULE_FLAGS);
    command.addAll(List.of("-x", "c++-header", header, "-o", product.toString()));
    Compiler.runOrFail(command, header);
    Files.write(Products.keyOf(product), key);
    return null;
  }

  private void link(List<Path> sources) throws Exception {
    var fresh = objects().resolve("fresh.so");
    var command = Compiler.with(compiler.command(), "-shared");
    sources.forEach(source -> command.add(object(source).toString()));
    command.addAll(
        List.of(
            "-static-libgcc",
            "-static-libstdc++",
            "-Wl,-z,defs",
            "-Wl,-z,noexecstack",
            "-Wl,--version-script=" + SOURCES.resolve("exports.map"),
            "-pthread",
            "-Wl,-soname,libchagres-emulator.so",
            "-ldl",
            "-o",
            fresh.toString()));
    Compiler.runOrFail(command, "the emulator of CUDA");
    Files.move(fresh, library(), StandardCopyOption.REPLACE_EXISTING);
    for (var name : NAMES) {
      var link = folder().resolve(name);
      if (!Files.isSymbolicLink(link)) {
        Files.createSymbolicLink(link, library().getFileName());
      }
    }
  }
}
