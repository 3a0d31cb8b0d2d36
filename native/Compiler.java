import module java.base;

/** A C compiler: the command, and what it says of its version. */
record Compiler(List<String> command, String version) {
  static final boolean MAC = System.getProperty("os.name").startsWith("Mac");
  static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

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

  /**
   * Branch-free code combines comparisons with & and |; clang would have them doubled or wrapped.
   */
  static final List<String> CLANG_FLAGS =
      List.of("-Wno-bitwise-conditional-parentheses", "-Wno-bitwise-instead-of-logical");

  /** Finds the compiler that CC names, else the first of cc, gcc and clang that answers. */
  static Compiler find() throws Exception {
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
            + (MAC
                ? "xcode-select --install"
                : WINDOWS ? "MinGW-w64" : "apt install gcc, dnf install gcc")
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

  /** What a command ended with, and what it printed. */
  record Result(int status, String output) {}

  static Result run(List<String> command) throws Exception {
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

  static void runOrFail(List<String> command, String what) throws Exception {
    var result = run(command);
    if (result.status() != 0) {
      throw new BuildException(
          "%s did not build:%n%s%n%s".formatted(what, String.join(" ", command), result.output()));
    }
    if (!result.output().isBlank()) {
      System.err.print(result.output());
    }
  }

  /** The flags of every compilation. */
  List<String> flags() {
    var flags = new ArrayList<>(FLAGS);
    flags.addAll(version.contains("clang") ? CLANG_FLAGS : GCC_FLAGS);
    return flags;
  }
}
