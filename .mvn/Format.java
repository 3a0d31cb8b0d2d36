import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.JavaFormatterOptions;

/*
 * Checks or writes the format of every hand-written Java file, as google-java-format has it. It runs on the build's own
 * JDK, because google-java-format reads Java with the parser of the JDK it runs on.
 *
 *   java @.mvn/format.args check|write
 */

static final List<String> ROOTS = List.of("src", "native", "benchmarks", ".mvn");

void main(String[] args) throws Exception {
  boolean write = args.length == 1 && args[0].equals("write");
  if (!write && !(args.length == 1 && args[0].equals("check"))) {
    throw new IllegalArgumentException("usage: Format.java check|write");
  }
  var wrong = new ConcurrentSkipListSet<Path>();
  var broken = new ConcurrentSkipListMap<Path, String>();
  var files = sources();
  files.parallelStream()
      .forEach(
          file -> {
            try {
              var text = Files.readString(file);
              var formatted = format(text);
              if (!formatted.equals(text)) {
                wrong.add(file);
                if (write) {
                  Files.writeString(file, formatted);
                }
              }
            } catch (FormatterException e) {
              broken.put(file, e.diagnostics().getFirst().toString());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
  broken.forEach((file, message) -> System.err.println("[ERROR] " + file + ":" + message));
  if (write) {
    IO.println("Formatted %d of %d files.".formatted(wrong.size(), files.size()));
  } else if (!wrong.isEmpty()) {
    wrong.forEach(file -> System.err.println("[ERROR] not formatted: " + file));
    System.err.println("[ERROR] Run `mvn -q validate exec:exec@format` to format them.");
  }
  if (!broken.isEmpty() || (!write && !wrong.isEmpty())) {
    System.exit(1);
  }
}

static String format(String text) throws FormatterException {
  var formatter =
      new Formatter(
          JavaFormatterOptions.builder().style(JavaFormatterOptions.Style.GOOGLE).build());
  return formatter.formatSourceAndFixImports(text);
}

static List<Path> sources() throws IOException {
  var files = new ArrayList<Path>();
  for (var root : ROOTS) {
    if (!Files.isDirectory(Path.of(root))) {
      continue;
    }
    try (var tree = Files.walk(Path.of(root))) {
      tree.filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.startsWith(Path.of("benchmarks/target")))
          .forEach(files::add);
    }
  }
  return files;
}
