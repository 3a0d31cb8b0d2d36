package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What README.md, PYTORCH.md, GPUS.md and DESIGN.md show and say of files, names, settings and each
 * other is so.
 */
class ReadmeTest {
  private static final Path MAIN = Path.of("src", "main", "java", "dev", "chagres");
  private static final Path TESTS = Path.of("src", "test", "java", "dev", "chagres");
  private static final String README = read(Path.of("README.md"));
  private static final String DESIGN = read(Path.of("DESIGN.md"));
  private static final String PYTORCH = read(Path.of("PYTORCH.md"));
  private static final List<String> PAGES =
      List.of(README, PYTORCH, read(Path.of("GPUS.md")), DESIGN);

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w*)\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns a page's fenced blocks of a language; "" for those that name none. */
  private static List<String> blocks(String page, String language) {
    return BLOCK
        .matcher(page)
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2))
        .toList();
  }

  /** Returns what stands in backquotes within the text of all pages. */
  private static List<String> code() {
    return PAGES.stream()
        .flatMap(page -> CODE.matcher(BLOCK.matcher(page).replaceAll("")).results())
        .map(match -> match.group(1))
        .toList();
  }

  @Test
  void theirProgramsCompileAndTheFirstTrains(@TempDir Path folder) throws Exception {
    List<String> programs = PAGES.stream().flatMap(page -> blocks(page, "java").stream()).toList();
    assertTrue(programs.size() > 6, programs::toString);
    for (int i = 0; i < programs.size(); i++) {
      compile(folder.resolve("Program" + i + ".java"), programs.get(i));
    }
    Path first = folder.resolve("Program0.java");
    List<String> printed = Programs.run("java", "@" + Programs.OPTIONS, first.toString());
    assertEquals(5, printed.size(), printed::toString);
    assertTrue(printed.stream().allMatch(line -> line.startsWith("tensor(")), printed::toString);
    assertTrue(loss(printed.getLast()) < loss(printed.getFirst()), printed::toString);
  }

  /** What the snippets of the tables speak of. */
  private static final String NAMES =
      """
      import module dev.chagres;
      import dev.chagres.nn.Module;
      import dev.chagres.tensor.Function;
      import java.lang.foreign.MemorySegment;
      import java.nio.file.Path;
      import java.util.Arrays;
      import java.util.LinkedHashMap;
      import java.util.List;
      import java.util.Map;
      import java.util.function.BinaryOperator;
      import java.util.function.UnaryOperator;
      import java.util.stream.IntStream;

      abstract class Table extends Module {
        Tensor x, y, z, a, b, s, v, p, r, n, w, m, state, where, theta;
        MultiheadAttention attention;
        LSTM lstm;
        Recurrent.Result<Tensor, LSTM.State> run;
        PackedSequence packed;
        Tensor lengths;
        Tensor q, k, hidden;
        Tensor counts, rows, mask, index, positions;
        Tensor loss, values, indices;
        List<Double> list;
        UnaryOperator<Tensor> f;
        BinaryOperator<Tensor> h;
        java.util.function.Function<List<Tensor>, List<Tensor>> several;
        java.util.function.Function<List<Tensor>, Tensor> total;
        MemorySegment segment;
        float[] array;
        List<Tensor> params, others;
        Linear linear;
        Embedding embedding;
        EmbeddingBag bag;
        Transformer transformer;
        MultiheadAttention.Masks padding;
        Module layer, lora;
        Module.ForwardHook hook;
        RemovableHandle handle;
        Map<String, Tensor> saved;
        CudaEvent event;
        Sequential sequential, model;
        int segments, i, start, stop;
        Svd svd;
        Batch batch;
        Dataset data, more;
        IterableDataset lines;
        IterableDataset.Share share;
        Device device;
        Optimizer optimizer;
        LRScheduler scheduler, warmUp, decay;
        double[] losses;
        Path path;
        Generator g;
        Function.Context context;

      """;

  @Test
  void whatTheirTablesSayInsteadOfPyTorchsCompiles(@TempDir Path folder) throws Exception {
    var program = new StringBuilder(NAMES);
    int count = 0;
    String tables = README + PYTORCH;
    for (String line : tables.lines().filter(line -> line.startsWith("| `")).toList()) {
      String[] cells = line.split(" \\| ", -1);
      var calls = CODE.matcher(cells[1]).results().map(match -> match.group(1));
      for (String call : calls.filter(ReadmeTest::isStatement).toList()) {
        String whole = call.replace("() -> …", "() -> {}").replace("…", "");
        String end =
            whole.startsWith("for (Batch")
                    || whole.startsWith("for (Tensor")
                    || whole.startsWith("if (")
                ? " {}"
                : whole.endsWith("}") ? "" : ";";
        program.append("  void row%d() throws Exception { %s%s }\n".formatted(count++, whole, end));
      }
    }
    assertTrue(count > 100, "snippets in the tables: " + count);
    compile(folder.resolve("Table.java"), program.append("}\n").toString());
  }

  private static void compile(Path file, String program) throws Exception {
    Path folder = file.getParent();
    // javac knows no native access; the rest of the file is the same for both.
    Path options = folder.resolve("javac.args");
    Files.writeString(
        options,
        Files.readAllLines(Programs.OPTIONS).stream()
            .filter(line -> !line.startsWith("--enable-native-access"))
            .collect(Collectors.joining("\n")));
    Files.writeString(file, program);
    Programs.run("javac", "@" + options, "-d", folder.toString(), file.toString());
  }

  /** A call, a loop or a block: no name alone, and nothing of the class Exp, which is not there. */
  private static boolean isStatement(String snippet) {
    return snippet.contains("(")
        && !snippet.contains("Exp")
        && !snippet.startsWith("forward(")
        && !snippet.startsWith("backward(");
  }

  private static double loss(String printed) {
    return Double.parseDouble(printed.replaceAll("tensor\\(([\\d.]+).*", "$1"));
  }

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** The names by which a page's headings are linked: lower case, and hyphens for spaces. */
  private static List<String> anchors(String page) {
    return BLOCK
        .matcher(page)
        .replaceAll("")
        .lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\w -]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  void theirLinksLeadSomewhere() {
    int seen = 0;
    var broken = new TreeSet<String>();
    for (String page : PAGES) {
      List<String> own = anchors(page);
      assertEquals(own.size(), own.stream().distinct().count(), own::toString);
      String prose = CODE.matcher(BLOCK.matcher(page).replaceAll("")).replaceAll("");
      for (String link : LINK.matcher(prose).results().map(match -> match.group(1)).toList()) {
        seen++;
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        boolean there =
            link.startsWith("https://") || file.isEmpty() || Files.exists(Path.of(file));
        if (there && hash >= 0) {
          String target = file.isEmpty() ? page : read(Path.of(file));
          there = anchors(target).contains(link.substring(hash + 1));
        }
        if (!there) {
          broken.add(link);
        }
      }
    }
    assertTrue(seen > 20, "links: " + seen);
    assertEquals(new TreeSet<>(), broken);
  }

  @Test
  void everyPackageToImportIsNamed() {
    ModuleDescriptor library =
        ModuleFinder.of(Path.of("target", "classes"))
            .find("dev.chagres")
            .orElseThrow()
            .descriptor();
    assertTrue(library.exports().size() > 10, library::toString);
    for (ModuleDescriptor.Exports exported : library.exports()) {
      if (!exported.isQualified()) {
        assertTrue(README.contains('`' + exported.source() + '`'), exported.source());
      }
    }
  }

  @Test
  void anOperationIsInTheFilesThatItNames() {
    String block =
        blocks(DESIGN, "").stream()
            .filter(text -> text.contains("ops.def"))
            .findFirst()
            .orElseThrow();
    Map<String, StringBuilder> parts = new LinkedHashMap<>();
    String file = "";
    for (String line : block.lines().toList()) {
      if (!line.startsWith(" ")) {
        file = line.substring(0, line.indexOf(' '));
        line = line.substring(file.length());
      }
      parts.computeIfAbsent(file, key -> new StringBuilder()).append(line).append('\n');
    }
    assertEquals(5, parts.size(), parts.keySet()::toString);
    parts.forEach(
        (name, part) -> {
          Path path =
              Stream.of(Path.of(name), MAIN.resolve(name), TESTS.resolve(name))
                  .filter(Files::exists)
                  .findFirst()
                  .orElseThrow(() -> new AssertionError(name + " is not there"));
          assertTrue(dense(read(path)).contains(dense(part.toString())), name + " has no" + part);
        });
  }

  /** Without white space, and without the stars at the beginnings of a comment's lines. */
  private static String dense(String text) {
    return text.replaceAll("(?m)^ *\\*(?!/) ?", "").replaceAll("\\s+", "");
  }

  @Test
  void theLinesThatItQuotesAreThere() {
    List<String> quoted =
        code().stream()
            .filter(text -> text.startsWith("BINARY(") || text.startsWith("case "))
            .toList();
    assertFalse(quoted.isEmpty());
    String sources =
        dense(read(Path.of("native", "include", "ops.def")))
            + dense(read(MAIN.resolve("tensor/Gradients.java")));
    for (String line : quoted) {
      assertTrue(sources.contains(dense(line)), line);
    }
  }

  @Test
  void theFilesThatItNamesExist() {
    List<String> named =
        code().stream()
            .filter(
                text -> text.matches("(src|native|jextract|benchmarks|\\.ci|\\.mvn)(/[\\w.-]+)+/?"))
            .toList();
    assertTrue(named.size() > 5, named::toString);
    var missing = new TreeSet<String>(named);
    missing.removeIf(text -> Files.exists(Path.of(text)));
    assertTrue(Files.exists(Path.of("LICENSE")) && Files.exists(Path.of("NOTICE")));
    assertEquals(new TreeSet<>(), missing);
  }

  @Test
  void theMethodsThatItNamesExist() throws IOException {
    Map<String, Path> files;
    try (Stream<Path> sources = Files.walk(MAIN)) {
      files =
          sources
              .filter(file -> file.toString().endsWith(".java"))
              .collect(
                  Collectors.toMap(
                      file -> file.getFileName().toString().replace(".java", ""),
                      file -> file,
                      (a, b) -> a));
    }
    // A class of this name may be in two packages; one of them has the member.
    String all = files.values().stream().map(ReadmeTest::read).collect(Collectors.joining());
    Pattern member = Pattern.compile("([A-Z]\\w+)\\.(\\w+)\\b.*");
    int seen = 0;
    var missing = new TreeSet<String>();
    for (String text : code()) {
      var match = member.matcher(text);
      if (match.matches() && files.containsKey(match.group(1))) {
        seen++;
        if (!Pattern.compile("\\b" + match.group(2) + "\\b").matcher(all).find()) {
          missing.add(text);
        }
      }
    }
    assertTrue(seen > 15, () -> "the text names methods: " + code());
    assertEquals(new TreeSet<>(), missing);
  }

  @Test
  void theSettingsThatItNamesAreRead() throws IOException {
    String sources = sources(MAIN);
    String tests = sources(TESTS);
    var names =
        Pattern.compile("-D(chagres\\.[a-z.]+[a-z])")
            .matcher(String.join("", PAGES))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(names.contains("chagres.memory.limit"), names::toString);
    names.removeIf(
        name -> (name.startsWith("chagres.test.") ? tests : sources).contains('"' + name + '"'));
    assertEquals(new TreeSet<>(), names);
  }

  private static String sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(ReadmeTest::read)
          .collect(Collectors.joining());
    }
  }
}
