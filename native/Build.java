/*
 * Builds what the Java code loads: compiles native/cpu/*.c once per level of the instruction set, adds OpenBLAS, writes
 * the index of them all, and target/chagres.args, with which `java` runs a script. Maven calls it in every build;
 * what has not changed is not made again.
 *
 *   java native/Build.java <platform> <target folder> <class path>
 *   java native/Build.java test quick|full|libraries|emulator|cuda <target folder>
 *
 * The second, after the first, runs the programs of native/test with the objects of the first: quick takes a part of
 * their cases on the variant for this machine, unless that passed before; full all of them on every variant that this
 * machine can run, and once more with the compiler's sanitizers. Both test the emulator of CUDA, too, and run a launch
 * of each CUDA kernel with sanitizers, full all launches that tests have made, as `cuda` does alone. For tests in Java `libraries` builds the kernels with sanitizers
 * and the emulator, and `emulator` the latter alone.
 *
 * Result: <target>/classes/dev/chagres/backend/cpu/native/<platform>/ with
 *   libchagres-probe.so  int chagres_cpu_level: which of the next to load
 *   libchagres-v2.so …   the functions of native/include/kernels.h, for that level; no other symbol is visible
 *   libopenblas.so.0 …   OpenBLAS and the libraries it needs
 *   files.txt            a line `name sha256 size` for each of them
 * (.dylib on macOS; on Windows .dll, without the prefix "lib" for ours).
 */

void main(String[] args) throws Exception {
  if (args.length != 3) {
    throw new IllegalArgumentException(
        "usage: Build.java <platform> <target folder> <class path>, or test"
            + " quick|full|libraries|emulator|cuda <target folder>");
  }
  boolean tests = args[0].equals("test");
  try {
    Path target = Path.of(args[tests ? 2 : 1]).toAbsolutePath();
    if (tests) {
      test(args[1], target);
    } else {
      build(args[0], new Kernels(target, Compiler.find()), args[2]);
    }
  } catch (BuildException e) {
    System.err.println("[ERROR] " + e.getMessage());
    System.exit(1);
  }
}

void test(String what, Path target) throws Exception {
  if (!List.of("quick", "full", "libraries", "emulator", "cuda").contains(what)) {
    throw new BuildException(
        "The tests are quick, full or cuda, and what they need emulator or libraries, not %s."
            .formatted(what));
  }
  boolean full = what.equals("full");
  switch (what) {
    case "quick", "full" -> new KernelTests(new Kernels(target, Compiler.find())).run(full);
    case "libraries" -> new KernelTests(new Kernels(target, Compiler.find())).buildSanitized();
    default -> {}
  }
  var emulator = Emulator.find(target);
  if (emulator == null) {
    return;
  }
  emulator.build();
  switch (what) {
    case "quick", "full" -> new EmulatorTests(emulator).run(full);
    case "cuda" -> new EmulatorTests(emulator).checkKernels();
    default -> {}
  }
}

void build(String platform, Kernels kernels, String classPath) throws Exception {
  Path target = kernels.target();
  Path out = target.resolve("classes/dev/chagres/backend/cpu/native").resolve(platform);
  Files.createDirectories(out);
  Files.createDirectories(target.resolve("native"));

  var names = new TreeSet<String>();
  names.addAll(kernels.build(out));
  names.addAll(addOpenBlas(platform, target, out));
  writeIndex(names, out);
  writeArguments(classPath, target);
}

/** Puts the unpacked OpenBLAS libraries beside ours; returns their names. */
List<String> addOpenBlas(String platform, Path target, Path out) throws Exception {
  var folder = target.resolve("openblas/org/bytedeco/openblas").resolve(platform);
  var names = new ArrayList<String>();
  for (var file : Products.filesIn(folder, "")) {
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
void writeIndex(SortedSet<String> names, Path out) throws Exception {
  var text = new StringBuilder();
  for (var name : names) {
    var file = out.resolve(name);
    text.append(name).append(' ').append(HexFormat.of().formatHex(Products.digest(List.of(file))));
    text.append(' ').append(Files.size(file)).append('\n');
  }
  for (var file : Products.filesIn(out, "")) {
    var name = file.getFileName().toString();
    if (!names.contains(name) && !name.equals("files.txt")) {
      Files.delete(file);
    }
  }
  Products.writeIfChanged(out.resolve("files.txt"), text.toString());
}

/**
 * Writes the file with which `java @target/chagres.args Script.java` runs a script on this build.
 */
void writeArguments(String classPath, Path target) throws Exception {
  var text =
      """
      --module-path
      %s
      --add-modules=dev.chagres,org.knowm.xchart
      --enable-native-access=dev.chagres
      """
          .formatted('"' + classPath.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
  Products.writeIfChanged(target.resolve("chagres.args"), text);
}
