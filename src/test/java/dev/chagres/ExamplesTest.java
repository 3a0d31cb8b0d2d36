package dev.chagres;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.io.Safetensors;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs every example as its users do, from its source in a process of its own, and compares what it
 * prints with what PyTorch and numpy gave. Where an example runs again it is compiled once for all.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("src", "examples", "java");
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE]-?\\d+)?");

  /**
   * What was printed for the first program of each name, one line a quantity: `program.quantity:
   * value value`.
   */
  private static final Map<String, double[]> SEEDS = seeds();

  private static Map<String, double[]> seeds() {
    try (Stream<String> lines =
        Files.lines(Path.of("src", "test", "resources", "golden", "seeds.txt"))) {
      return lines.collect(
          Collectors.toMap(
              line -> line.substring(0, line.indexOf(':')),
              line -> numbers(line.substring(line.indexOf(':') + 1))));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @TempDir private static Path folder;
  private static final Set<String> RAN = new HashSet<>();

  /** Whether an example is to run from its source. */
  boolean isFromSource(String name) {
    return RAN.add(name);
  }

  /** Compiles an example to classes in a folder, which it returns. */
  private static Path compiled(String name, Path script) throws IOException {
    Path classes = folder.resolve(name);
    if (!Files.exists(classes)) {
      List<String> options = Files.readAllLines(Programs.OPTIONS);
      String path = options.get(1).replace("\"", "");
      List<String> arguments = new ArrayList<>(List.of(options.get(0), path, options.get(2)));
      arguments.addAll(List.of("-proc:none", "-d", classes.toString(), script.toString()));
      var output = new StringWriter();
      var writer = new PrintWriter(output);
      ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
      int status = javac.run(writer, writer, arguments.toArray(String[]::new));
      assertEquals(0, status, output::toString);
    }
    return classes;
  }

  /** Where the examples run, as they take it. */
  String device() {
    return "cpu";
  }

  /** Runs an example and returns what it printed. */
  final List<String> run(String name, String... arguments) throws Exception {
    Path script = EXAMPLES.resolve(name + ".java");
    assumeTrue(
        !Files.readString(script).contains("Plot")
            || ModuleLayer.boot().findModule("java.desktop").isPresent(),
        "this Java draws no pictures");
    String cuda = "-Dchagres.cuda.path=" + System.getProperty("chagres.cuda.path", "");
    String cache = "-Dchagres.cache=" + System.getProperty("chagres.cache", "target/cache");
    List<String> command = Programs.command("java", cuda, cache, "@" + Programs.OPTIONS);
    if (isFromSource(name)) {
      command.add(script.toString());
    } else {
      command.addAll(List.of("-cp", compiled(name, script).toString(), name));
    }
    command.addAll(List.of(arguments));
    command.addAll(List.of("--device", device()));
    Path errors = Files.createTempFile("example", ".err");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    List<String> lines = process.inputReader().lines().toList();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), name + " did not end");
    String error = Files.readString(errors);
    Files.delete(errors);
    assertEquals(
        0, process.exitValue(), () -> name + " failed:\n" + error + String.join("\n", lines));
    assertEquals("", error, name + " wrote to standard error");
    return lines;
  }

  static double[] numbers(String text) {
    List<Double> found = new ArrayList<>();
    Matcher matcher = NUMBER.matcher(text);
    while (matcher.find()) {
      found.add(Double.valueOf(matcher.group()));
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Returns the numbers behind a text, on the first line that has it. */
  static double[] after(List<String> lines, String text) {
    for (String line : lines) {
      int at = line.indexOf(text);
      if (at >= 0) {
        return numbers(line.substring(at + text.length()));
      }
    }
    return fail("no line has \"" + text + "\":\n" + String.join("\n", lines));
  }

  private static void assertClose(String key, double relative, double... actual) {
    double[] expected = SEEDS.get(key);
    assertEquals(expected.length, actual.length, key + ": " + Arrays.toString(actual));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], relative * Math.abs(expected[i]), key + " " + i);
    }
  }

  @Test
  void everyExampleIsTested() throws IOException {
    var names = new TreeSet<String>();
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    assertEquals(
        new TreeSet<>(
            List.of(
                "Digits.java",
                "Gpt.java",
                "HiddenLayer.java",
                "LinearRegression.java",
                "ManualUpdate.java",
                "MiniBatches.java",
                "NumpyRegression.java",
                "Scalar.java",
                "ScatterLine.java",
                "TensorTour.java")),
        names);
  }

  @Test
  void scalar() throws Exception {
    List<String> lines = run("Scalar");
    assertClose("scalar.w", 1e-7, after(lines, "after training, w = ")[0]);
    assertClose("scalar.prediction", 1e-7, after(lines, "and 4 gives ")[0]);
    assertClose("scalar.loss", 1e-5, after(lines, "epoch 19 loss "));
    assertEquals(60, lines.stream().filter(line -> line.contains("grad:")).count());
  }

  @Test
  void scatterLine() throws Exception {
    Path picture = Path.of("target", "scatter-line.png");
    Files.deleteIfExists(picture);
    List<String> lines = run("ScatterLine");
    double[] expected = SEEDS.get("line.losses");
    for (int i = 0; i < 5; i++) {
      assertEquals(expected[i], after(lines, "epoch " + 200 * i + " loss ")[0], 1e-6 * expected[i]);
    }
    assertEquals(expected[5], after(lines, "final loss: ")[0], 1e-6 * expected[5]);
    assertClose("line.w", 1e-6, after(lines, "weights: ["));
    var image = ImageIO.read(picture.toFile());
    assertEquals(1600, image.getWidth());
  }

  @Test
  void tensorTour() throws Exception {
    List<String> lines = run("TensorTour");
    assertTrue(lines.contains("tensor([0, 2, 4, 6, 8])"), lines.toString());
    assertTrue(lines.contains("tensor([[0.8823, 0.9150, 0.3829],"), lines.toString());
    assertTrue(lines.contains("x[0, 1] = 2.0"), lines.toString());
    assertTrue(lines.contains("through the view: tensor([[1., 2., 1.],"), lines.toString());
    assertTrue(lines.contains("tensor([2.0000, 0.4000, 0.0600])"), lines.toString());
    for (String claim :
        List.of("out= is the same", "in place is the same", "d(sum a^2)/da = 2a", "they add up")) {
      assertTrue(lines.contains(claim + ": true"), claim);
    }
    assertTrue(lines.contains("inside noGrad: false"), lines.toString());
  }

  @Test
  void manualUpdate() throws Exception {
    checkClassifier(run("ManualUpdate"), "update");
  }

  @Test
  void hiddenLayer() throws Exception {
    List<String> lines = run("HiddenLayer");
    checkClassifier(lines, "module");
    assertTrue(
        String.join("\n", lines).contains("predicted: tensor([0, 1, 2, 0, 0, 2]"),
        lines.toString());
  }

  private static void checkClassifier(List<String> lines, String program) {
    for (int i = 0; i < 5; i++) {
      double[] line = after(lines, "epoch " + 200 * (i + 1) + ", loss: ");
      assertEquals(SEEDS.get(program + ".losses")[i], line[0], 2e-6);
      assertEquals(SEEDS.get(program + ".accuracies")[i], line[1], 1e-3);
    }
  }

  @Test
  void numpyRegression() throws Exception {
    List<String> lines = run("NumpyRegression");
    assertClose("numpy_line.initial", 1e-7, pick(after(lines, "first b ")));
    assertClose("numpy_line.final", 1e-8, pick(after(lines, "after 1000 steps b ")));
    assertClose("numpy_line.closed_form", 1e-8, pick(after(lines, "closed form b ")));
  }

  private static double[] pick(double... numbers) {
    return Arrays.copyOf(numbers, 2);
  }

  @Test
  void linearRegression() throws Exception {
    List<String> lines = run("LinearRegression");
    assertClose("torch_line.initial", 1e-7, pick(after(lines, "first b ")));
    assertClose("torch_line.final", 1e-6, pick(after(lines, "by hand b ")));
    assertClose("torch_line.final", 1e-6, pick(after(lines, "module b ")));
    double[] losses = SEEDS.get("torch_line.losses");
    assertEquals(losses[losses.length - 1], after(lines, "module b ")[2], 1e-8);
    assertEquals(0.7645, after(lines, "linear.weight=tensor([[")[0]);
    for (String name : List.of("0.weight", "0.bias", "1.weight", "1.bias")) {
      assertClose("layers." + name, 1e-7, after(lines, name + ": ["));
    }
    assertTrue(
        lines.contains("[layer1.weight, layer1.bias, layer2.weight, layer2.bias]"),
        lines.toString());
    assertTrue(
        String.join("\n", lines).contains("n0 [label=\"MseLossBackward\""), lines.toString());
  }

  @Test
  void miniBatches() throws Exception {
    List<String> lines = run("MiniBatches");
    double[] losses = SEEDS.get("batches.losses");
    for (int epoch = 1; epoch <= 3; epoch++) {
      assertEquals(
          losses[epoch - 1],
          after(lines, "epoch " + epoch + " loss ")[0],
          1e-4 * losses[epoch - 1]);
    }
    assertClose("batches.w", 1e-5, after(lines, "learned ["));
    assertClose("batches.b", 1e-5, after(lines, "true b 4.2, learned "));
  }

  @Test
  void digitsWithLinearLayers() throws Exception {
    checkDigits("mlp", 2e-5);
  }

  @Test
  void digitsWithConvolutions() throws Exception {
    checkDigits("cnn", 2e-5);
  }

  private void checkDigits(String model, double relative) throws Exception {
    Path picture = Path.of("target", "digits-" + model + ".png");
    Files.deleteIfExists(picture);
    List<String> lines = run("Digits", "--model", model);
    var expected = new TreeMap<String, Double>();
    for (String line :
        Files.readAllLines(Path.of("src", "test", "resources", "golden", "digits.txt"))) {
      if (line.startsWith(model + " epoch ")) {
        double[] numbers = numbers(line);
        expected.put("epoch " + (int) numbers[0] + " loss ", numbers[1]);
      } else if (line.startsWith(model + " held-out loss")) {
        expected.put("held-out loss ", numbers(line.replace("held-out", ""))[0]);
      }
    }
    assertTrue(expected.size() > 10, expected.toString());
    expected.forEach(
        (text, loss) -> assertEquals(loss, after(lines, text)[0], relative * loss + 1e-6, text));
    double[] correct = after(lines, "held-out correct ");
    assertTrue(correct[0] / correct[1] >= 0.975, Arrays.toString(correct));
    assertEquals(1600, ImageIO.read(picture.toFile()).getWidth());
    assertTrue(lines.getLast().endsWith(picture.toString()), lines.getLast());
  }

  @Test
  void digitsTakesANumberOfEpochs() throws Exception {
    List<String> lines = run("Digits", "--epochs", "1");
    assertEquals(1, lines.stream().filter(line -> line.startsWith("epoch ")).count());
  }

  // ---- Gpt: gpt.txt is what gpt_twin.py gave

  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

  private static final List<String> SMALL_GPT =
      List.of("--layers", "2", "--heads", "2", "--width", "64", "--context", "32", "--batch", "8");

  static String gptLine(String start) throws IOException {
    try (Stream<String> lines = Files.lines(GOLDEN.resolve("gpt.txt"))) {
      return lines.filter(line -> line.startsWith(start)).findFirst().orElseThrow();
    }
  }

  final List<String> gpt(String... options) throws Exception {
    List<String> all = new ArrayList<>(SMALL_GPT);
    all.addAll(List.of("--dtype", "float32", "--checkpoint", "target/gpt-" + device() + ".test"));
    all.addAll(List.of(options));
    return run("Gpt", all.toArray(String[]::new));
  }

  final void checkGpt(String dropout, int steps) throws Exception {
    List<String> lines =
        gpt("--steps", "50", "--until", "" + steps, "--log", "1", "--dropout", dropout);
    for (int step = 1; step <= steps; step++) {
      String key = "step " + step + " loss ";
      String line = gptLine("dropout " + dropout + " " + key);
      double expected = numbers(line.substring(line.indexOf(key) + key.length()))[0];
      assertEquals(expected, after(lines, key)[0], 1e-4 * expected, key);
    }
  }

  @Test
  void gptLearnsAsInPyTorch() throws Exception {
    checkGpt("0.0", 50);
  }

  @Test
  void gptDropsOutAsInPyTorch() throws Exception {
    checkGpt("0.1", 20);
  }

  @Test
  void gptGoesOnFromACheckpoint() throws Exception {
    List<String> whole = gpt("--steps", "6", "--log", "3", "--sample", "9", "--dropout", "0.1");
    gpt("--steps", "6", "--log", "3", "--sample", "9", "--dropout", "0.1", "--until", "3");
    List<String> rest =
        gpt("--steps", "6", "--log", "3", "--sample", "9", "--dropout", "0.1", "--resume", "yes");
    assertEquals(
        whole.stream().filter(line -> !line.startsWith("step 3 ")).toList(),
        rest,
        "the random numbers go on as well");
  }

  /** What would else train something that was not asked for, over the checkpoint that is there. */
  @Test
  void gptSaysWhatIsWrongWithItsOptions() throws Exception {
    gptRefuses("no option --epochs; --help lists them", "--epochs", "3");
    gptRefuses("--resume true: yes or no is meant", "--resume", "true");
    gptRefuses("--batch: 0, and more than 0 is meant", "--batch", "0");
    gptRefuses("--temperature: 0, and more than 0 is meant", "--temperature", "0", "--steps", "0");
    gptRefuses("the text of --data has no '#'", "--prompt", "#");
    gptRefuses("--prompt: it is empty, and a sample needs something to begin with", "--prompt", "");
    gptRefuses("--dropout: 2.0, and a part from 0 to 1 is meant", "--dropout", "2");
    gptRefuses("--seed: 1.5, and a whole number is meant", "--seed", "1.5");
    gptRefuses("--data: there is no file nothing.txt that can be read", "--data", "nothing.txt");
    gptRefuses("--tokens chars: characters or bytes is meant, or a folder", "--tokens", "chars");
    List<String> help = gpt("--help", "yes");
    assertTrue(help.stream().anyMatch(line -> line.startsWith("  --heads 4 ")), help::toString);
    assertTrue(help.stream().noneMatch(line -> line.endsWith("null")), help::toString);
  }

  /** Of another model, cut off, without the state of the random numbers, or no such file at all. */
  @Test
  void gptSaysWhatIsWrongWithItsFiles() throws Exception {
    Path published = GOLDEN.resolve("gpt2-tiny.safetensors").toAbsolutePath();
    Path good = folder.resolve("good.safetensors");
    gpt("--steps", "1", "--sample", "0", "--checkpoint", good.toString());
    byte[] bytes = Files.readAllBytes(good);
    Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 1));
    Path text = Files.writeString(folder.resolve("text"), "nothing of the kind, but long enough");
    Map<String, Tensor> state = Safetensors.load(good);
    state.remove("random");
    Path halved = folder.resolve("halved");
    Safetensors.save(state, halved);
    for (List<String> option : List.of(List.of("--weights"), List.of("--resume", "yes"))) {
      String named = String.join(" ", option);
      gptRefusesFile(option, named + ", " + published + ": loadStateDict: ", published);
      gptRefusesFile(option, named + ": safetensors: " + cut + ": ", cut);
      gptRefusesFile(option, named + ": safetensors: " + text + ": ", text);
    }
    List<String> resume = List.of("--resume", "yes");
    gptRefusesFile(resume, "--resume yes, " + halved + ": \"random\" is missing", halved);
  }

  @Test
  void gptSaysWhatIsWrongWithItsTexts() throws Exception {
    Path latin = Files.write(folder.resolve("latin.txt"), "caf\u00e9".getBytes(ISO_8859_1));
    gptRefuses("--data: " + latin + " is no text in UTF-8", "--data", latin.toString());
    gptRefuses("--prompt: " + latin + " is no text in UTF-8", "--prompt", "@" + latin);
    Path empty = Files.createFile(folder.resolve("empty.txt"));
    gptRefuses("--data: " + empty + " is empty", "--data", empty.toString());
    gptRefusesTokens("%s has not a number for each token: ", "{\"a\": 0, \"b", "");
    gptRefusesTokens("%s has not a number for each token: ", "[0]", "");
    gptRefusesTokens("%s has not a number for each token: ", "{\"a\": \"b\"}", "");
    gptRefusesTokens("%s has not all numbers below 2", "{\"a\": 0, \"b\": 2}", "");
    gptRefusesTokens("\"a b\" in ", "{\"a\": 0, \"b\": 1}", "#version: 0.2\na b\n");
    gptRefusesTokens("\"ab\" in ", "{\"a\": 0, \"ab\": 1}", "ab\n");
    gptRefusesTokens("vocab.json has no \"", "{\"a\": 0, \"b\": 1, \"ab\": 2}", "a b\n");
  }

  private void gptRefusesTokens(String message, String vocabulary, String merges)
      throws IOException {
    Path tokens = Files.createTempDirectory(folder, "tokens");
    Path file = Files.writeString(tokens.resolve("vocab.json"), vocabulary);
    Files.writeString(tokens.resolve("merges.txt"), merges);
    gptRefuses("--tokens: " + message.formatted(file), "--tokens", tokens.toString());
  }

  /** Before it has learned anything where that can be known, else when it is to be saved. */
  @Test
  void gptSaysWhyItCannotSave() throws Exception {
    Path file = Files.createFile(folder.resolve("no-folder"));
    for (String name : List.of(folder.toString(), file + "/model", "/proc/gpt.safetensors")) {
      String said = "--checkpoint " + name + " cannot be written";
      gptRefuses(said, "--steps", "1", "--sample", "0", "--checkpoint", name);
    }
  }

  private void gptRefusesFile(List<String> option, String message, Path file) {
    List<String> options = new ArrayList<>(option);
    if (option.contains("--resume")) {
      options.add("--checkpoint");
    }
    options.add(file.toString());
    gptRefuses(message, options.toArray(String[]::new));
  }

  private void gptRefuses(String message, String... options) {
    var error = assertThrows(AssertionError.class, () -> gpt(options));
    assertTrue(String.valueOf(error.getMessage()).contains("but was: <1>"), error::getMessage);
    assertTrue(String.valueOf(error.getMessage()).contains(message), error::getMessage);
    assertFalse(String.valueOf(error.getMessage()).contains("\tat "), error::getMessage);
  }

  @Test
  void gptTakesPublishedWeights() throws Exception {
    List<String> lines =
        gpt(
            "--weights",
            GOLDEN.resolve("gpt2-tiny.safetensors").toString(),
            "--width",
            "16",
            "--context",
            "16",
            "--steps",
            "0",
            "--sample",
            "40",
            "--top-k",
            "1");
    String written = gptLine("published: ").replace("published: ", "").replace("\\n", "\n");
    assertTrue(String.join("\n", lines).endsWith("\n" + written), lines::toString);
  }

  @Test
  void gptCutsWordsAsItsTokenizerDoes() throws Exception {
    Path pairs = GOLDEN.resolve("byte-pairs");
    List<String> lines =
        gpt(
            "--tokens",
            pairs.toString(),
            "--prompt",
            "@" + pairs.resolve("text.txt"),
            "--width",
            "16",
            "--steps",
            "0",
            "--sample",
            "1");
    assertEquals(
        Arrays.toString(numbers(gptLine("pairs: "))),
        Arrays.toString(after(lines, "prompt: tokens ")));
  }
}
