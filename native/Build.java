/*
 * Builds what the Java code loads: compiles native/cpu/*.c once per level of the instruction set, adds OpenBLAS, writes
 * the index of them all, and target/chagres.args, with which `java` runs a script. Maven calls it in every build;
 * what has not changed is not made again.
 *
 *   java native/Build.java <platform> <target folder> <class path>
 *
 * Result: <target>/classes/dev/chagres/backend/cpu/native/<platform>/ with
 *   libchagres-probe.so  int chagres_cpu_level(void): which of the next to load
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

final boolean mac = System.getProperty("os.name").startsWith("Mac");
final boolean windows = System.getProperty("os.name").startsWith("Windows");

Path target;
Path out;
Compiler compiler;

void main(String[] args) throws Exception {
  if (args.length != 3) {
    throw new IllegalArgumentException("usage: Build.java <platform> <target folder> <class path>");
  }
  try {
    build(args[0], Path.of(args[1]).toAbsolutePath(), args[2]);
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
  for (String candidate : candidates) {
    var command = List.of(candidate.split("\\s+"));
    try {
      var version = run(with(command, "--version"));
      if (version.status() == 0) {
        return new Compiler(command, version.output());
      }
    } catch (IOException e) {
      // Not on this machine: the next one, or the sentence below.
    }
  }
  throw new BuildException(
      (named ? "CC names no C compiler that works (" + chosen + ")" : "A C compiler is needed")
          + ": install GCC 11 or newer or clang 12 or newer ("
          + (mac
              ? "xcode-select --install"
              : windows ? "MinGW-w64" : "apt install gcc, dnf install gcc")
          + "), or let the environment variable CC name one.");
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
            new Variant("v4", List.of("-march=x86-64-v4")));
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

/**
 * Compiles every source for every variant, on all cores, and links each variant; returns the
 * libraries' names.
 */
List<String> buildKernels() throws Exception {
  long start = System.nanoTime();
  var sources = filesIn(Path.of("native/cpu"), ".c");
  var headers = filesIn(Path.of("native/include"), "");
  headers.addAll(filesIn(Path.of("native/cpu"), ".h", ".inc", ".def"));
  byte[] shared =
      digest(headers, compiler.command().toString(), compiler.version(), FLAGS.toString());

  // Seen first, these declarations make the functions of the C interface the only visible ones.
  var exports = target.resolve("native/exports.h");
  writeIfChanged(
      exports,
      "#pragma GCC visibility push(default)\n#include \"kernels.h\"\n#pragma GCC visibility pop\n");

  var names = new ArrayList<String>();
  var built = new LongAdder();
  try (var pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
    var links = new ArrayList<Callable<Boolean>>();
    for (var variant : variants()) {
      if (sources.isEmpty()) {
        break;
      }
      var flags = new ArrayList<>(variant.flags());
      flags.addAll(List.of("-Inative/include", "-Inative/cpu", "-include", exports.toString()));
      var objects = new ArrayList<Future<Path>>();
      for (var source : sources) {
        var object = target.resolve("native").resolve(variant.name() + "-" + stem(source) + ".o");
        byte[] key = digest(List.of(source), HexFormat.of().formatHex(shared), flags.toString());
        objects.add(pool.submit(() -> compile(source, flags, object, key)));
      }
      names.add(libraryName(variant.name()));
      links.add(() -> link(objects, libraryName(variant.name())));
    }
    var probe = Path.of("native/cpu/probe/probe.c");
    byte[] probeKey = digest(List.of(probe), HexFormat.of().formatHex(shared));
    var probeObject =
        pool.submit(
            () ->
                compile(
                    probe,
                    List.of("-fvisibility=default"),
                    target.resolve("native/probe.o"),
                    probeKey));
    names.add(libraryName("probe"));
    links.add(() -> link(List.of(probeObject), libraryName("probe")));
    for (var link : links) {
      if (link.call()) {
        built.increment();
      }
    }
  } catch (ExecutionException e) {
    throw e.getCause() instanceof Exception cause ? cause : e;
  }
  if (built.sum() > 0) {
    IO.println(
        "Built %d native libraries from %d C files with %s in %.1f s."
            .formatted(
                built.sum(),
                sources.size() + 1,
                compiler.version().lines().findFirst().orElse("the C compiler"),
                (System.nanoTime() - start) / 1e9));
  }
  return names;
}

/** Compiles one source, unless its object was made from the same things. */
Path compile(Path source, List<String> flags, Path object, byte[] key) throws Exception {
  if (!isCurrent(object, key)) {
    var command = with(compiler.command(), FLAGS.toArray(String[]::new));
    command.addAll(flags);
    command.addAll(List.of("-c", source.toString(), "-o", object.toString()));
    runOrFail(command, source.toString());
    Files.write(keyOf(object), key);
  }
  return object;
}

/** Links objects into a library of this name, unless that was done; says whether it linked. */
boolean link(List<Future<Path>> futures, String name) throws Exception {
  var objects = new ArrayList<Path>();
  var keys = new StringBuilder(name);
  for (var future : futures) {
    var object = future.get();
    objects.add(object);
    keys.append(HexFormat.of().formatHex(Files.readAllBytes(keyOf(object))));
  }
  byte[] key = digest(List.of(), keys.toString());
  var library = out.resolve(name);
  var keyFile = target.resolve("native").resolve(name + ".key");
  if (Files.exists(library)
      && Files.exists(keyFile)
      && Arrays.equals(Files.readAllBytes(keyFile), key)) {
    return false;
  }
  var fresh = target.resolve("native").resolve(name);
  var command = with(compiler.command(), mac ? "-dynamiclib" : "-shared", "-O3");
  objects.forEach(object -> command.add(object.toString()));
  if (mac) {
    command.add("-Wl,-install_name,@rpath/" + name);
  } else if (!windows) {
    command.addAll(List.of("-static-libgcc", "-Wl,-z,defs", "-Wl,-z,noexecstack", "-lm"));
  }
  command.addAll(List.of("-o", fresh.toString()));
  runOrFail(command, name);
  // A library that some JVM has mapped must not change under it: a new file takes its name.
  Files.move(fresh, library, StandardCopyOption.REPLACE_EXISTING);
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
