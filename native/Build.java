/*
 * Builds what the Java code loads: compiles native/cpu/*.c once per level of the instruction set, adds OpenBLAS, writes
 * the index of them all, and target/chagres.args, with which `java` runs a script. Maven calls it in every build;
 * what has not changed is not made again.
 *
 *   java native/Build.java <platform> <target folder> <class path>
 *   java native/Build.java test quick|full <target folder>
 *
 * The second, after the first, runs the programs of native/test with the objects of the first: quick takes a part of
 * their cases on the variant for this machine, unless that passed before; full all of them on every variant that this
 * machine can run, and once more with the compiler's sanitizers.
 *
 * Result: <target>/classes/dev/chagres/backend/cpu/native/<platform>/ with
 *   libchagres-probe.so  int chagres_cpu_level: which of the next to load
 *   libchagres-v2.so …   the functions of native/include/kernels.h, for that level; no other symbol is visible
 *   libopenblas.so.0 …   OpenBLAS and the libraries it needs
 *   files.txt            a line `name sha256 size` for each of them
 * (.dylib on macOS; on Windows .dll, without the prefix "lib" for ours).
 */

/**
 * One build of the kernels: its name, which ends the library's, and the flags that choose its
 * instruction set.
 */
record Variant(String name, List<String> flags) {}

/** A C compiler: the command, and what it says of its version. */
record Compiler(List<String> command, String version) {}

/** A problem whose message is all that the user needs. */
static final class BuildException extends RuntimeException {
  BuildException(String message) {
    super(message);
  }
}

static final List<String> FLAGS =
    List.of(
        "-O3",
        "-std=c11",
        "-fPIC",
        "-fvisibility=hidden",
        "-fwrapv",
        "-fno-strict-aliasing",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-ffp-contract=off",
        "-Wall",
        "-Wextra",
        "-Werror");

/**
 * Threaded jumps would turn a clamp into three ways through the rest of a formula, all of them
 * computed.
 */
static final List<String> GCC_FLAGS = List.of("-fno-thread-jumps");

/** Branch-free code combines comparisons with & and |; clang would have them doubled or wrapped. */
static final List<String> CLANG_FLAGS =
    List.of("-Wno-bitwise-conditional-parentheses", "-Wno-bitwise-instead-of-logical");

final boolean mac = System.getProperty("os.name").startsWith("Mac");
final boolean windows = System.getProperty("os.name").startsWith("Windows");

Path target;
Path out;
Compiler compiler;

void main(String[] args) throws Exception {
  if (args.length != 3) {
    throw new IllegalArgumentException(
        "usage: Build.java <platform> <target folder> <class path>, or test quick|full|sanitized"
            + " <target folder>");
  }
  try {
    if (args[0].equals("test") && args[1].equals("sanitized")) {
      buildSanitized(Path.of(args[2]).toAbsolutePath());
    } else if (args[0].equals("test")) {
      test(args[1], Path.of(args[2]).toAbsolutePath());
    } else {
      build(args[0], Path.of(args[1]).toAbsolutePath(), args[2]);
    }
  } catch (BuildException e) {
    System.err.println("[ERROR] " + e.getMessage());
    System.exit(1);
  }
}

void build(String platform, Path targetFolder, String classPath) throws Exception {
  target = targetFolder;
  out = target.resolve("classes/dev/chagres/backend/cpu/native").resolve(platform);
  Files.createDirectories(out);
  Files.createDirectories(target.resolve("native"));
  compiler = findCompiler();

  var names = new TreeSet<String>();
  names.addAll(buildKernels());
  names.addAll(addOpenBlas(platform));
  writeIndex(names);
  writeArguments(classPath);
}

// ---- the compiler
// -------------------------------------------------------------------------------------------------

/** Finds the compiler that CC names, else the first of cc, gcc and clang that answers. */
Compiler findCompiler() throws Exception {
  String chosen = System.getenv("CC");
  boolean named = chosen != null && !chosen.isBlank();
  var candidates = named ? List.of(chosen.strip()) : List.of("cc", "gcc", "clang");
  String problem = null;
  for (String candidate : candidates) {
    var command = List.of(candidate.split("\\s+"));
    try {
      var version = run(with(command, "--version"));
      if (version.status() == 0) {
        problem = tooOld(candidate, version.output());
        if (problem == null) {
          return new Compiler(command, version.output());
        }
      }
    } catch (IOException e) {
      // Not on this machine: the next one, or the sentence below.
    }
  }
  if (problem != null) {
    throw new BuildException(problem);
  }
  throw new BuildException(
      (named ? "CC names no C compiler that works (" + chosen + ")" : "A C compiler is needed")
          + ": install GCC %d or newer or clang %d or newer (".formatted(OLDEST_GCC, OLDEST_CLANG)
          + (mac
              ? "xcode-select --install"
              : windows ? "MinGW-w64" : "apt install gcc, dnf install gcc")
          + "), or let the environment variable CC name one.");
}

/** The oldest GCC and clang whose -march knows the levels of x86-64 by their names. */
static final int OLDEST_GCC = 11;

static final int OLDEST_CLANG = 12;

/** Apple counts its clang otherwise: 13 is LLVM's 12. */
static final int OLDEST_APPLE_CLANG = 13;

/** Returns a sentence if the compiler is too old, else null. */
static String tooOld(String name, String text) {
  var first = text.lines().findFirst().orElse("");
  boolean clang = first.contains("clang");
  int oldest = !clang ? OLDEST_GCC : first.contains("Apple") ? OLDEST_APPLE_CLANG : OLDEST_CLANG;
  // The version follows a name and distributions' own words in brackets: "gcc (Debian 12.2.0-14)
  // 12.2.0".
  var number = Pattern.compile("(\\d+)\\.\\d+").matcher(first.replaceAll("\\([^)]*\\)", ""));
  if (!number.find() || Integer.parseInt(number.group(1)) >= oldest) {
    return null;
  }
  return ("The C compiler %s is too old (%s): %s %d or newer is needed; install one, or let the"
          + " environment variable CC name one.")
      .formatted(name, first, clang ? "clang" : "GCC", oldest);
}

record Result(int status, String output) {}

Result run(List<String> command) throws Exception {
  var process = new ProcessBuilder(command).redirectErrorStream(true).start();
  process.getOutputStream().close();
  var output = new String(process.getInputStream().readAllBytes());
  return new Result(process.waitFor(), output);
}

static List<String> with(List<String> list, String... more) {
  var all = new ArrayList<>(list);
  all.addAll(List.of(more));
  return all;
}

// ---- our kernels
// --------------------------------------------------------------------------------------------------

List<Variant> variants() {
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

String libraryName(String variant) {
  return windows
      ? "chagres-" + variant + ".dll"
      : "libchagres-" + variant + (mac ? ".dylib" : ".so");
}

/** A library to link, and what to compile for it. */
record Library(String name, List<Unit> units) {}

/**
 * One source to compile with these flags to this object; the key says what the object is made from.
 */
record Unit(Path source, List<String> flags, Path object, byte[] key) {}

/** Compiles every source for every variant, on all cores, and links each; returns the names. */
List<String> buildKernels() throws Exception {
  long start = System.nanoTime();
  var libraries = libraries();
  var stale = new ArrayList<Unit>();
  for (var library : libraries) {
    for (var unit : library.units()) {
      if (!isCurrent(unit.object(), unit.key())) {
        stale.add(unit);
      }
    }
  }
  var compilerName = compiler.version().lines().findFirst().orElse("the C compiler");
  if (!stale.isEmpty()) {
    IO.println("Compiling the kernels with %s: %d objects.".formatted(compilerName, stale.size()));
    compileAll(stale);
  }
  boolean linked = false;
  for (var library : libraries) {
    linked |= link(library);
  }
  if (linked) {
    IO.println("Built the kernels in %.1f s.".formatted((System.nanoTime() - start) / 1e9));
  }
  return libraries.stream().map(Library::name).toList();
}

List<Library> libraries() throws Exception {
  var sources = filesIn(Path.of("native/cpu"), ".c");
  var headers = filesIn(Path.of("native/include"), "");
  headers.addAll(filesIn(Path.of("native/cpu"), ".h", ".inc", ".def"));
  byte[] common =
      digest(headers, compiler.command().toString(), compiler.version(), commonFlags().toString());
  var shared = HexFormat.of().formatHex(common);

  // Seen first, these declarations make the functions of the C interface the only visible ones.
  var exports = target.resolve("native/exports.h");
  writeIfChanged(
      exports,
      "#pragma GCC visibility push(default)\n#include \"kernels.h\"\n#pragma GCC visibility pop\n");

  var libraries = new ArrayList<Library>();
  for (var variant : variants()) {
    var flags = new ArrayList<>(variant.flags());
    flags.addAll(List.of("-Inative/include", "-Inative/cpu", "-include", exports.toString()));
    var units = new ArrayList<Unit>();
    for (var source : sources) {
      units.add(unit(source, flags, variant.name() + "-" + stem(source), shared));
    }
    libraries.add(new Library(libraryName(variant.name()), units));
  }
  var probe =
      unit(Path.of("native/cpu/probe/probe.c"), List.of("-fvisibility=default"), "probe", shared);
  libraries.add(new Library(libraryName("probe"), List.of(probe)));
  return libraries;
}

List<String> commonFlags() {
  var flags = new ArrayList<>(FLAGS);
  flags.addAll(compiler.version().contains("clang") ? CLANG_FLAGS : GCC_FLAGS);
  return flags;
}

Unit unit(Path source, List<String> flags, String name, String shared) throws Exception {
  var object = target.resolve("native").resolve(name + ".o");
  return new Unit(source, flags, object, digest(List.of(source), shared, flags.toString()));
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
  var command = with(compiler.command());
  command.addAll(commonFlags());
  command.addAll(unit.flags());
  command.addAll(List.of("-c", unit.source().toString(), "-o", unit.object().toString()));
  runOrFail(command, unit.source().toString());
  Files.write(keyOf(unit.object()), unit.key());
}

/** Links a library, unless that was done with the same objects; says whether it linked. */
boolean link(Library library) throws Exception {
  var name = library.name();
  var keys = new StringBuilder(name);
  library.units().forEach(unit -> keys.append(HexFormat.of().formatHex(unit.key())));
  byte[] key = digest(List.of(), keys.toString());
  var file = out.resolve(name);
  var keyFile = target.resolve("native").resolve(name + ".key");
  if (Files.exists(file)
      && Files.exists(keyFile)
      && Arrays.equals(Files.readAllBytes(keyFile), key)) {
    return false;
  }
  var fresh = target.resolve("native").resolve(name);
  var command = with(compiler.command(), mac ? "-dynamiclib" : "-shared", "-O3");
  library.units().forEach(unit -> command.add(unit.object().toString()));
  if (mac) {
    command.add("-Wl,-install_name,@rpath/" + name);
  } else if (!windows) {
    command.addAll(
        List.of("-static-libgcc", "-Wl,-z,defs", "-Wl,-z,noexecstack", "-lm", "-pthread"));
  }
  command.addAll(List.of("-o", fresh.toString()));
  runOrFail(command, name);
  // A library that some JVM has mapped must not change under it: a new file takes its name.
  Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
  Files.write(keyFile, key);
  return true;
}

void runOrFail(List<String> command, String what) throws Exception {
  var result = run(command);
  if (result.status() != 0) {
    throw new BuildException(
        "%s did not build:%n%s%n%s".formatted(what, String.join(" ", command), result.output()));
  }
  if (!result.output().isBlank()) {
    System.err.print(result.output());
  }
}

// ---- the tests in C
// -----------------------------------------------------------------------------------------------

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
            List.of("kernels_test.c", "shapes_test.c", "order_test.c", "index_test.c"),
            "4",
            "1"),
        new TestProgram("share_test", List.of("share_test.c"), "300", "3000"),
        new TestProgram("accuracy", List.of("accuracy.c"), "39901", "997"));

void test(String extent, Path targetFolder) throws Exception {
  if (!extent.equals("quick") && !extent.equals("full")) {
    throw new BuildException("native.tests is quick or full, not " + extent + ".");
  }
  long start = System.nanoTime();
  target = targetFolder;
  compiler = findCompiler();
  boolean full = extent.equals("full");
  int level = level();
  var variants =
      variants().stream()
          .filter(variant -> Integer.parseInt(variant.name().substring(1)) <= level)
          .toList();
  if (variants.isEmpty()) {
    throw new BuildException("There is no variant of the kernels that this processor can run.");
  }
  var chosen = full ? variants : List.of(variants.getLast());
  var passed = target.resolve("native/tests.key");
  byte[] key = testKey(extent, chosen);
  if (!full && Files.exists(passed) && Arrays.equals(Files.readAllBytes(passed), key)) {
    return;
  }
  Files.deleteIfExists(passed);
  var tests = new ArrayList<Callable<Void>>();
  for (var program : TEST_PROGRAMS) {
    for (var variant : chosen) {
      var kernels = objects(variant);
      var extra = full ? program.full() : program.quick();
      tests.add(() -> runTest(program, variant.name(), kernels, List.of(), extra));
    }
    if (full) {
      var kernels = filesIn(Path.of("native/cpu"), ".c");
      var flags =
          with(variants.getLast().flags(), "-fsanitize=address,undefined", "-fno-sanitize-recover");
      tests.add(() -> runTest(program, "sanitized", kernels, flags, program.quick()));
    }
  }
  runAll(tests);
  Files.write(passed, key);
  IO.println("Tested the kernels in %.1f s.".formatted((System.nanoTime() - start) / 1e9));
}

/** What makes the compiler check every access to memory, and arithmetic that C leaves undefined. */
static final List<String> SANITIZERS =
    List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-g", "-w");

/**
 * Builds the kernels for this machine with the sanitizers, for tests in Java:
 * <target>/native/sanitized.txt names the library and the sanitizers' runtime, which a process has
 * to load first. It is not there if the compiler is none that has a runtime of its own to load (GCC
 * on Linux has).
 */
void buildSanitized(Path targetFolder) throws Exception {
  target = targetFolder;
  compiler = findCompiler();
  var list = target.resolve("native/sanitized.txt");
  var runtime =
      Path.of(run(with(compiler.command(), "-print-file-name=libasan.so")).output().strip());
  if (mac || windows || !runtime.isAbsolute() || !Files.exists(runtime)) {
    Files.deleteIfExists(list);
    return;
  }
  int level = level();
  var variant =
      variants().stream()
          .filter(each -> Integer.parseInt(each.name().substring(1)) <= level)
          .toList()
          .getLast();
  var library = target.resolve("native/libchagres-sanitized.so");
  var headers = filesIn(Path.of("native/include"), "");
  headers.addAll(filesIn(Path.of("native/cpu"), ".h", ".inc", ".def"));
  var flags = new ArrayList<>(variant.flags());
  flags.addAll(SANITIZERS);
  var exports = target.resolve("native/exports.h").toString();
  flags.addAll(List.of("-Inative/include", "-Inative/cpu", "-include", exports));
  var shared =
      HexFormat.of().formatHex(digest(headers, compiler.version(), commonFlags().toString()));
  var stale = new ArrayList<Unit>();
  var command = with(compiler.command(), "-shared", SANITIZERS.getFirst());
  for (var source : filesIn(Path.of("native/cpu"), ".c")) {
    var unit = unit(source, flags, "sanitized-" + stem(source), shared);
    command.add(unit.object().toString());
    if (!isCurrent(unit.object(), unit.key())) {
      stale.add(unit);
    }
  }
  if (stale.isEmpty() && Files.exists(library) && Files.exists(list)) {
    return;
  }
  compileAll(stale);
  command.addAll(List.of("-lm", "-pthread", "-o", library.toString()));
  runOrFail(command, library.toString());
  writeIfChanged(list, library + "\n" + runtime.toRealPath() + "\n");
}

/** Returns the level of the instruction set that the probe finds here. */
int level() throws Exception {
  var name = libraryName("probe");
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

List<Path> objects(Variant variant) throws IOException {
  var objects = filesIn(target.resolve("native"), ".o");
  objects.removeIf(file -> !file.getFileName().toString().startsWith(variant.name() + "-"));
  return objects;
}

byte[] testKey(String extent, List<Variant> variants) throws Exception {
  var inputs = filesIn(Path.of("native/test"), "");
  for (var variant : variants) {
    inputs.addAll(objects(variant));
  }
  return digest(
      inputs, extent, compiler.version(), TEST_FLAGS.toString(), TEST_PROGRAMS.toString());
}

/** Builds and runs a program with these objects or sources of the kernels. */
Void runTest(
    TestProgram program, String suffix, List<Path> kernels, List<String> flags, String argument)
    throws Exception {
  var file = target.resolve("native/" + program.name() + "-" + suffix).toString();
  var command = with(compiler.command(), TEST_FLAGS.toArray(String[]::new));
  command.addAll(FLAGS.stream().filter(flag -> flag.startsWith("-fno-")).toList());
  command.addAll(flags);
  program.sources().forEach(source -> command.add("native/test/" + source));
  kernels.forEach(kernel -> command.add(kernel.toString()));
  command.addAll(List.of("-lm", "-pthread", "-o", file));
  runOrFail(command, program.name());
  var result = run(List.of(file, argument));
  if (result.status() != 0) {
    throw new BuildException(
        "%s %s failed (%d):%n%s".formatted(file, argument, result.status(), result.output()));
  }
  return null;
}

/** Runs tasks, as many at once as there are cores; the first failure ends it. */
void runAll(List<Callable<Void>> tasks) throws Exception {
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

// ---- OpenBLAS and the index
// ---------------------------------------------------------------------------------------

/** Puts the unpacked OpenBLAS libraries beside ours; returns their names. */
List<String> addOpenBlas(String platform) throws Exception {
  var folder = target.resolve("openblas/org/bytedeco/openblas").resolve(platform);
  var names = new ArrayList<String>();
  for (var file : filesIn(folder, "")) {
    var name = file.getFileName().toString();
    var copy = out.resolve(name);
    if (!Files.exists(copy)
        || Files.size(copy) != Files.size(file)
        || !Files.getLastModifiedTime(copy).equals(Files.getLastModifiedTime(file))) {
      Files.deleteIfExists(copy);
      Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
    names.add(name);
  }
  if (names.stream().noneMatch(name -> name.startsWith("libopenblas"))) {
    throw new BuildException(
        "OpenBLAS is missing in " + folder + ": run `mvn clean` and build again.");
  }
  return names;
}

/** Writes files.txt, and removes what an earlier build left in the folder. */
void writeIndex(SortedSet<String> names) throws Exception {
  var text = new StringBuilder();
  for (var name : names) {
    var file = out.resolve(name);
    text.append(name).append(' ').append(HexFormat.of().formatHex(digest(List.of(file))));
    text.append(' ').append(Files.size(file)).append('\n');
  }
  for (var file : filesIn(out, "")) {
    var name = file.getFileName().toString();
    if (!names.contains(name) && !name.equals("files.txt")) {
      Files.delete(file);
    }
  }
  writeIfChanged(out.resolve("files.txt"), text.toString());
}

/**
 * Writes the file with which `java @target/chagres.args Script.java` runs a script on this build.
 */
void writeArguments(String classPath) throws Exception {
  var text =
      """
      --module-path
      %s
      --add-modules=dev.chagres,org.knowm.xchart
      --enable-native-access=dev.chagres
      """
          .formatted('"' + classPath.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
  writeIfChanged(target.resolve("chagres.args"), text);
}

// ---- files
// --------------------------------------------------------------------------------------------------------

static List<Path> filesIn(Path folder, String... endings) throws IOException {
  if (!Files.isDirectory(folder)) {
    return new ArrayList<>();
  }
  try (var files = Files.list(folder)) {
    return files
        .filter(Files::isRegularFile)
        .filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
        .sorted()
        .collect(Collectors.toCollection(ArrayList::new));
  }
}

static String stem(Path file) {
  var name = file.getFileName().toString();
  return name.substring(0, name.lastIndexOf('.'));
}

static Path keyOf(Path product) {
  return product.resolveSibling(product.getFileName() + ".key");
}

static boolean isCurrent(Path product, byte[] key) throws IOException {
  var keyFile = keyOf(product);
  return Files.exists(product)
      && Files.exists(keyFile)
      && Arrays.equals(Files.readAllBytes(keyFile), key);
}

/**
 * Returns the SHA-256 of texts and of files' contents; for one file and no text, that of its
 * content alone.
 */
static byte[] digest(List<Path> files, String... texts) throws Exception {
  var sha = MessageDigest.getInstance("SHA-256");
  for (var text : texts) {
    sha.update((text + '\0').getBytes());
  }
  for (var file : files) {
    if (files.size() > 1) {
      sha.update((file.getFileName().toString() + '\0').getBytes());
    }
    sha.update(Files.readAllBytes(file));
  }
  return sha.digest();
}

static void writeIfChanged(Path file, String text) throws IOException {
  if (!Files.exists(file) || !Files.readString(file).equals(text)) {
    Files.writeString(file, text);
  }
}
