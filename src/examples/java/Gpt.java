// Trains GPT-2's architecture on a text, or goes on from a checkpoint or from GPT-2's published
// weights, and lets it write: java @target/chagres.args src/examples/java/Gpt.java --steps 200
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import module dev.chagres;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.chagres.nn.Module;

/** What is wrong with the options, or with the files that they name. */
static class Refusal extends RuntimeException {
  Refusal(String message, Object... values) {
    super(message.formatted(values));
  }
}

/** The sizes of a model; GPT-2 has 12 layers and heads, width 768 and context 1024. */
record Size(int vocabulary, int context, int layers, int heads, int width, double dropout) {
  Size {
    if (width % heads != 0) {
      throw new Refusal("--width %d is no multiple of --heads %d", width, heads);
    }
  }
}

class SelfAttention extends Module {
  final Size size;
  final Linear input;
  final Linear output;
  final Dropout dropout;

  SelfAttention(Size size) {
    this.size = size;
    input = register("c_attn", new Linear(size.width, 3L * size.width));
    output = register("c_proj", new Linear(size.width, size.width));
    dropout = register("resid_dropout", new Dropout(size.dropout));
  }

  @Override
  public Tensor forward(Tensor x) {
    var parts = input.call(x).unflatten(-1, 3, size.heads, size.width / size.heads);
    var qkv = parts.permute(2, 0, 3, 1, 4).unbind(0); // (batch, heads, tokens, width of a head)
    var options = Attention.options().isCausal().dropoutP(isTraining() ? size.dropout : 0);
    var y = Functional.scaledDotProductAttention(qkv.get(0), qkv.get(1), qkv.get(2), options);
    return dropout.call(output.call(y.transpose(1, 2).flatten(2)));
  }
}

class FeedForward extends Module {
  final Linear input;
  final GELU gelu = register("act", new GELU(GELU.Approximate.TANH));
  final Linear output;
  final Dropout dropout;

  FeedForward(Size size) {
    input = register("c_fc", new Linear(size.width, 4L * size.width));
    output = register("c_proj", new Linear(4L * size.width, size.width));
    dropout = register("dropout", new Dropout(size.dropout));
  }

  @Override
  public Tensor forward(Tensor x) {
    return dropout.call(output.call(gelu.call(input.call(x))));
  }
}

class Block extends Module {
  final LayerNorm norm1;
  final SelfAttention attention;
  final LayerNorm norm2;
  final FeedForward feedForward;

  Block(Size size) {
    norm1 = register("ln_1", new LayerNorm(size.width));
    attention = register("attn", new SelfAttention(size));
    norm2 = register("ln_2", new LayerNorm(size.width));
    feedForward = register("mlp", new FeedForward(size));
  }

  @Override
  public Tensor forward(Tensor x) {
    var y = x.add(attention.call(norm1.call(x)));
    return y.add(feedForward.call(norm2.call(y)));
  }
}

/** Scores (batch, tokens, vocabulary) of the next token, from token numbers (batch, tokens). */
class Gpt extends Module {
  final Size size;
  final Embedding tokens;
  final Embedding positions;
  final Dropout dropout;
  final Sequential blocks;
  final LayerNorm norm;

  Gpt(Size size) {
    this.size = size;
    tokens = register("wte", new Embedding(size.vocabulary, size.width));
    positions = register("wpe", new Embedding(size.context, size.width));
    dropout = register("drop", new Dropout(size.dropout));
    var all = new Module[size.layers];
    Arrays.setAll(all, _ -> new Block(size));
    blocks = register("h", new Sequential(all));
    norm = register("ln_f", new LayerNorm(size.width));
    namedParameters()
        .forEach(
            (name, parameter) -> {
              if (name.endsWith("c_proj.weight")) {
                Init.normal_(parameter, 0, 0.02 / Math.sqrt(2 * size.layers));
              } else if (parameter.dim() == 2) {
                Init.normal_(parameter, 0, 0.02);
              } else if (name.endsWith("bias")) {
                Init.zeros_(parameter);
              }
            });
  }

  @Override
  public Tensor forward(Tensor x) {
    var places = Tensor.arange(x.device(), x.size(1));
    var y = dropout.call(tokens.call(x).add(positions.call(places)));
    return norm.call(blocks.call(y)).matmul(tokens.weight().t()); // the head is the embedding
  }

  Tensor loss(Batch batch) {
    return Functional.crossEntropy(call(batch.x()).flatten(0, 1), batch.y().flatten());
  }

  /** Takes over weights as GPT-2's are published: those of products are (in, out) there. */
  void loadPublished(Map<String, Tensor> weights) {
    var own = new HashMap<String, Tensor>();
    weights.forEach(
        (name, tensor) -> {
          var key = name.replaceFirst("^transformer\\.", "");
          if (key.matches(".*\\.(c_attn|c_proj|c_fc)\\.weight")) {
            own.put(key, tensor.t());
          } else if (!key.endsWith(".attn.bias") && !key.endsWith(".attn.masked_bias")) {
            own.put(key, tensor); // the two left out are masks
          }
        });
    own.remove("lm_head.weight");
    loadStateDict(own);
  }

  /** Returns the tokens with so many more, each drawn from those that score highest. */
  Tensor write(Tensor start, int count, double temperature, int topK) {
    eval();
    return Autograd.noGrad(
        () -> {
          var all = start;
          for (int i = 0; i < count; i++) {
            var seen = all.at("..., -%d:".formatted(Math.min(all.size(1), size.context)));
            var scores = call(seen).select(1, -1).toFloat().div(temperature);
            var least = scores.topk(Math.min(topK, size.vocabulary)).values().at("..., -1:");
            var weights = scores.maskedFill(scores.lt(least), Double.NEGATIVE_INFINITY).softmax(-1);
            all = Tensor.cat(List.of(all, weights.multinomial(1)), 1);
          }
          return all;
        });
  }
}

/** How a text becomes tokens, and tokens a text. */
interface Coding {
  int size();

  int[] encode(String text);

  String decode(int[] tokens);

  static Coding of(String name, String text) throws IOException {
    return switch (name) {
      case "characters" -> new Characters(text.codePoints().sorted().distinct().toArray());
      case "bytes" -> new Bytes();
      default -> {
        if (!Files.isReadable(Path.of(name, "vocab.json"))
            || !Files.isReadable(Path.of(name, "merges.txt"))) {
          throw new Refusal(
              "--tokens %s: characters or bytes is meant, or a folder with vocab.json and"
                  + " merges.txt",
              name);
        }
        yield BytePairs.load(Path.of(name));
      }
    };
  }
}

/** The characters of a text, in the order of their codes. */
record Characters(int[] all) implements Coding {
  @Override
  public int size() {
    return all.length;
  }

  @Override
  public int[] encode(String text) {
    return text.codePoints().map(this::encode).toArray();
  }

  private int encode(int character) {
    int place = Arrays.binarySearch(all, character);
    if (place < 0) {
      throw new Refusal("the text of --data has no '%s'", Character.toString(character));
    }
    return place;
  }

  @Override
  public String decode(int[] tokens) {
    return IntStream.of(tokens).mapToObj(t -> Character.toString(all[t])).collect(joining());
  }
}

/** The bytes of UTF-8. */
record Bytes() implements Coding {
  @Override
  public int size() {
    return 256;
  }

  @Override
  public int[] encode(String text) {
    var bytes = text.getBytes(UTF_8);
    return IntStream.range(0, bytes.length).map(i -> bytes[i] & 0xff).toArray();
  }

  @Override
  public String decode(int[] tokens) {
    var bytes = new byte[tokens.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) tokens[i];
    }
    return new String(bytes, UTF_8);
  }
}

/**
 * GPT-2's tokens: words as bytes, of which neighbours are joined, those first that come first in a
 * list. Its files write each byte as a character that can be seen.
 */
record BytePairs(Map<String, Integer> numbers, Map<String, Integer> ranks) implements Coding {
  private static final Pattern WORDS =
      Pattern.compile(
          "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final String SEEN = seen();

  private static String seen() {
    var all = new StringBuilder();
    int other = 256;
    for (int i = 0; i < 256; i++) {
      boolean plain = i > ' ' && i <= '~' || i > 160 && i != 173;
      all.append((char) (plain ? i : other++));
    }
    return all.toString();
  }

  static BytePairs load(Path folder) throws IOException {
    var numbers = vocabulary(folder.resolve("vocab.json"));
    var merges = folder.resolve("merges.txt");
    var ranks = new HashMap<String, Integer>();
    for (var line : text("--tokens", merges).lines().toList()) {
      if (line.startsWith("#version") || line.isBlank()) {
        continue;
      }
      if (!line.matches("\\S+ \\S+") || !numbers.containsKey(line.replace(" ", ""))) {
        throw new Refusal("--tokens: \"%s\" in %s is no pair that is a token", line, merges);
      }
      ranks.put(line, ranks.size());
    }
    return new BytePairs(numbers, ranks);
  }

  private static Map<String, Integer> vocabulary(Path file) throws IOException {
    var text = text("--tokens", file);
    var numbers = new HashMap<String, Integer>();
    try {
      JsonParser.parseString(text)
          .getAsJsonObject()
          .asMap()
          .forEach((token, value) -> numbers.put(token, value.getAsInt()));
    } catch (JsonParseException
        | IllegalStateException
        | NumberFormatException
        | UnsupportedOperationException e) {
      throw new Refusal("--tokens: %s has not a number for each token: %s", file, e.getMessage());
    }
    if (!numbers.values().containsAll(IntStream.range(0, numbers.size()).boxed().toList())) {
      throw new Refusal("--tokens: %s has not all numbers below %d", file, numbers.size());
    }
    return numbers;
  }

  @Override
  public int size() {
    return numbers.size();
  }

  @Override
  public int[] encode(String text) {
    return WORDS.matcher(text).results().flatMapToInt(word -> tokens(word.group())).toArray();
  }

  private IntStream tokens(String word) {
    var parts = new ArrayList<String>();
    for (byte each : word.getBytes(UTF_8)) {
      parts.add(SEEN.substring(each & 0xff, (each & 0xff) + 1));
    }
    for (int at = best(parts); at >= 0; at = best(parts)) {
      parts.set(at, parts.get(at) + parts.remove(at + 1));
    }
    return parts.stream().mapToInt(this::number);
  }

  private int number(String token) {
    if (!numbers.containsKey(token)) {
      throw new Refusal("--tokens: vocab.json has no \"%s\"", token);
    }
    return numbers.get(token);
  }

  /** Returns the first of the neighbours that are to be joined next, or -1. */
  private int best(List<String> parts) {
    int best = -1;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i + 1 < parts.size(); i++) {
      int rank = ranks.getOrDefault(parts.get(i) + " " + parts.get(i + 1), Integer.MAX_VALUE);
      if (rank < least) {
        least = rank;
        best = i;
      }
    }
    return best;
  }

  @Override
  public String decode(int[] tokens) {
    var names = new HashMap<Integer, String>();
    numbers.forEach((token, number) -> names.put(number, token));
    var written = IntStream.of(tokens).mapToObj(names::get).collect(joining());
    return new Bytes().decode(written.chars().map(SEEN::indexOf).toArray());
  }
}

/** Windows of tokens that begin at these places, and for each token the next one. */
Batch windows(Tensor tokens, Tensor starts, int length, Device device) {
  var places = starts.unsqueeze(1).add(Tensor.arange(length));
  return new Batch(tokens.take(places).to(device), tokens.take(places.add(1)).to(device));
}

Tensor tensor(int[] tokens) {
  return Tensor.of(tokens).toLong();
}

/** The learning rate grows at first, then falls to a tenth along a cosine. */
LRScheduler schedule(Optimizer optimizer, int warmUp, int steps) {
  return new LambdaLR(
      optimizer,
      step -> {
        if (step < warmUp) {
          return (step + 1.0) / warmUp;
        }
        double part = (double) (step - warmUp) / Math.max(1, steps - warmUp);
        return 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * part));
      });
}

void save(Path file, Gpt model, LRScheduler schedule, Device device) {
  var all = new LinkedHashMap<String, Tensor>();
  model.stateDict().forEach((name, tensor) -> all.put("model." + name, tensor));
  schedule.optimizer().stateDict().forEach((name, tensor) -> all.put("optimizer." + name, tensor));
  schedule.stateDict().forEach((name, tensor) -> all.put("schedule." + name, tensor));
  all.put("random", Generator.standard().getState());
  all.put("random of the device", Generator.standard(device).getState());
  try {
    Safetensors.save(all, file);
  } catch (IOException e) {
    throw unwritable(file, e);
  }
}

Refusal unwritable(Path checkpoint, IOException e) {
  return new Refusal("--checkpoint %s cannot be written: %s", checkpoint, e);
}

void resume(Path file, Gpt model, LRScheduler schedule, Device device) {
  load(
      "--resume yes",
      file,
      saved -> {
        model.loadStateDict(under("model.", saved));
        schedule.optimizer().loadStateDict(under("optimizer.", saved));
        schedule.loadStateDict(under("schedule.", saved));
        Generator.standard().setState(entry("random", saved));
        Generator.standard(device).setState(entry("random of the device", saved));
      });
}

/** Loads a file of tensors, which may be damaged, or those of another model. */
void load(String option, Path file, Consumer<Map<String, Tensor>> take) {
  try {
    take.accept(Safetensors.load(file));
  } catch (IOException e) {
    throw new Refusal("%s: %s", option, e.getMessage()); // which names the file
  } catch (IllegalArgumentException e) {
    throw new Refusal("%s, %s: %s", option, file, e.getMessage());
  }
}

Tensor entry(String name, Map<String, Tensor> all) {
  if (!all.containsKey(name)) {
    throw new IllegalArgumentException("\"" + name + "\" is missing");
  }
  return all.get(name);
}

Map<String, Tensor> under(String prefix, Map<String, Tensor> all) {
  return all.entrySet().stream()
      .filter(each -> each.getKey().startsWith(prefix))
      .collect(
          Collectors.toMap(each -> each.getKey().substring(prefix.length()), Map.Entry::getValue));
}

/** Returns the options, each as given or else as usual. */
Map<String, String> options(String... args) {
  var options = new HashMap<>(USUAL);
  for (int i = 0; i < args.length; i += 2) {
    if (!USUAL.containsKey(args[i])) {
      throw new Refusal("no option %s; --help lists them", args[i]);
    }
    if (i + 1 == args.length) {
      throw new Refusal("%s needs a value", args[i]);
    }
    options.put(args[i], args[i + 1]);
  }
  MEANT.forEach(
      (name, values) -> {
        if (!values.contains(options.get(name)) && !options.get(name).isEmpty()) {
          throw new Refusal(
              "%s %s: %s is meant", name, options.get(name), String.join(" or ", values));
        }
      });
  return options;
}

double number(String name, String value, String kind, ToDoubleFunction<String> parse) {
  double number;
  try {
    number = parse.applyAsDouble(value);
  } catch (NumberFormatException _) {
    throw new Refusal("%s: %s, and a %s is meant", name, value, kind);
  }
  if (!(number > 0) && POSITIVE.contains(name)) {
    throw new Refusal("%s: %s, and more than 0 is meant", name, value);
  }
  return number;
}

/** Returns the file that an option names. */
Path file(String option, String name) {
  if (!Files.isRegularFile(Path.of(name)) || !Files.isReadable(Path.of(name))) {
    throw new Refusal("%s: there is no file %s that can be read", option, name);
  }
  return Path.of(name);
}

static String text(String option, Path file) throws IOException {
  try {
    return Files.readString(file);
  } catch (CharacterCodingException _) {
    throw new Refusal("%s: %s is no text in UTF-8", option, file);
  }
}

/** Returns the file that is to be written later, in a folder that is there. */
Path checkpoint(String name) {
  var file = Path.of(name).toAbsolutePath();
  try {
    Files.createDirectories(file.getParent());
  } catch (IOException e) {
    throw unwritable(file, e);
  }
  if (Files.isDirectory(file) || !Files.isWritable(file.getParent())) {
    throw new Refusal("--checkpoint %s cannot be written", file);
  }
  return file;
}

/** Returns the tokens that a sample of so many others begins with, where there is to be one. */
int[] prompt(Coding coding, String given, int count) throws IOException {
  if (count <= 0) {
    return new int[0];
  }
  var text = given.startsWith("@") ? text("--prompt", file("--prompt", given.substring(1))) : given;
  if (text.isEmpty()) {
    throw new Refusal("--prompt: it is empty, and a sample needs something to begin with");
  }
  return coding.encode(text);
}

Device device(String name) {
  Device device;
  try {
    device = Device.of(name);
  } catch (IllegalArgumentException e) {
    throw new Refusal("--device: %s", e.getMessage());
  }
  if (device.isCuda() && device.index() >= Cuda.deviceCount()) {
    var why = Cuda.isAvailable() ? "the GPUs are\n" + Cuda.report() : Cuda.whyNot();
    throw new Refusal("--device %s: %s", name, why);
  }
  return device;
}

void main(String... args) throws Exception {
  try {
    run(args);
  } catch (Refusal e) {
    System.err.println(e.getMessage());
    System.exit(1);
  }
}

void run(String... args) throws IOException {
  if (List.of(args).contains("--help")) {
    new TreeMap<>(USUAL)
        .forEach(
            (name, value) ->
                IO.println("  %-42s %s".formatted(name + " " + value, ABOUT.get(name))));
    return;
  }
  var options = options(args);
  ToDoubleFunction<String> real =
      name -> number(name, options.get(name), "number", Double::parseDouble);
  ToIntFunction<String> number =
      name -> (int) number(name, options.get(name), "whole number", Integer::parseInt);
  // Not after hours of training
  POSITIVE.forEach(real::applyAsDouble);
  double dropout = real.applyAsDouble("--dropout");
  if (!(dropout >= 0 && dropout <= 1)) {
    throw new Refusal("--dropout: %s, and a part from 0 to 1 is meant", dropout);
  }
  var checkpoint = checkpoint(options.get("--checkpoint"));
  var device = device(options.get("--device"));
  boolean mixed =
      options.get("--dtype").equals("bfloat16")
          || device.isCuda() && options.get("--dtype").isEmpty();

  Chagres.manualSeed(number.applyAsInt("--seed"));
  var text = text("--data", file("--data", options.get("--data")));
  if (text.isEmpty()) {
    throw new Refusal("--data: %s is empty", options.get("--data"));
  }
  var coding = Coding.of(options.get("--tokens"), text);
  var tokens = tensor(coding.encode(text));
  int count = number.applyAsInt("--sample");
  int[] prompt = prompt(coding, options.get("--prompt"), count);
  var size =
      new Size(
          coding.size(),
          number.applyAsInt("--context"),
          number.applyAsInt("--layers"),
          number.applyAsInt("--heads"),
          number.applyAsInt("--width"),
          dropout);
  var model = new Gpt(size);
  model.to(device);
  if (!options.get("--weights").isEmpty()) {
    load("--weights", file("--weights", options.get("--weights")), model::loadPublished);
  }

  // Matrices decay, biases and norms do not
  var matrices = model.parameters().stream().filter(p -> p.dim() >= 2).toList();
  var others = model.parameters().stream().filter(p -> p.dim() < 2).toList();
  var adam = AdamW.options().lr(real.applyAsDouble("--lr")).betas(0.9, 0.95);
  var optimizer = new AdamW(matrices, adam.weightDecay(0.1)).addGroup(others, adam.weightDecay(0));
  int steps = number.applyAsInt("--steps");
  var schedule = schedule(optimizer, number.applyAsInt("--warm-up"), steps);
  if (options.get("--resume").equals("yes")) {
    resume(file("--resume yes", checkpoint.toString()), model, schedule, device);
  }
  int step = (int) schedule.lastEpoch();

  int samples = number.applyAsInt("--batch");
  int end = Math.min(steps, number.applyAsInt("--until"));
  int log = number.applyAsInt("--log");
  long parameters = model.parameters().stream().mapToLong(Tensor::numel).sum();
  IO.println("%,d parameters, %,d tokens, on %s".formatted(parameters, tokens.numel(), device));
  if (step < end && tokens.numel() <= size.context) {
    throw new Refusal(
        "a text of %,d tokens is too short for --context %d", tokens.numel(), size.context);
  }
  while (step < end) {
    model.train();
    long start = System.nanoTime();
    double loss = 0;
    int first = step;
    var progress = Progress.range(step, Math.min(end, (step / log + 1) * log)).temporary();
    for (int now : progress) {
      try (var _ = Scope.open()) {
        var starts = Tensor.randint(0, tokens.numel() - size.context, samples);
        var batch = windows(tokens, starts, size.context, device);
        optimizer.zeroGrad();
        Tensor found;
        try (var _ = mixed ? Autocast.on(device, DType.BFLOAT16) : null) {
          found = model.loss(batch);
        }
        found.backward();
        Parameters.clipGradNorm_(model.parameters(), 1);
        optimizer.step();
        schedule.step();
        loss = found.item();
      }
      step = now + 1;
      double seconds = (System.nanoTime() - start) / 1e9;
      progress.note(
          "loss %.4f, %,.0f tokens/s", loss, (step - first) * samples * size.context / seconds);
    }
    IO.println("step %d loss %.6f".formatted(step, loss));
    save(checkpoint, model, schedule, device);
  }

  if (count > 0) {
    IO.println("prompt: tokens " + Arrays.toString(prompt));
    var written =
        model.write(
            tensor(prompt).unsqueeze(0).to(device),
            count,
            real.applyAsDouble("--temperature"),
            number.applyAsInt("--top-k"));
    IO.println(coding.decode(written.select(0, 0).toInt().cpu().toIntArray()));
  }
}

/** Options that are one of a few words. */
final Map<String, List<String>> MEANT =
    Map.of("--resume", List.of("yes", "no"), "--dtype", List.of("float32", "bfloat16"));

/** Options that are numbers of which 0 makes no sense. */
final Set<String> POSITIVE =
    Set.of(
        "--layers",
        "--heads",
        "--width",
        "--context",
        "--batch",
        "--log",
        "--top-k",
        "--temperature");

/** What the options are if they are not given. */
final Map<String, String> USUAL =
    Map.ofEntries(
        Map.entry("--data", "src/examples/resources/locks.txt"),
        Map.entry("--tokens", "characters"),
        Map.entry("--weights", ""),
        Map.entry("--layers", "4"),
        Map.entry("--heads", "4"),
        Map.entry("--width", "128"),
        Map.entry("--context", "64"),
        Map.entry("--dropout", "0"),
        Map.entry("--batch", "12"),
        Map.entry("--steps", "500"),
        Map.entry("--until", "" + Integer.MAX_VALUE),
        Map.entry("--log", "100"),
        Map.entry("--lr", "1e-3"),
        Map.entry("--warm-up", "20"),
        Map.entry("--seed", "1337"),
        Map.entry("--device", "cpu"),
        Map.entry("--dtype", ""),
        Map.entry("--checkpoint", "target/gpt.safetensors"),
        Map.entry("--resume", "no"),
        Map.entry("--prompt", "The "),
        Map.entry("--sample", "300"),
        Map.entry("--temperature", "0.8"),
        Map.entry("--top-k", "20"));

/** What --help says of them. */
final Map<String, String> ABOUT =
    Map.ofEntries(
        Map.entry("--data", "a text to learn from"),
        Map.entry("--tokens", "characters, bytes, or a folder with vocab.json and merges.txt"),
        Map.entry("--weights", "a file of GPT-2's published weights to begin with"),
        Map.entry("--layers", "how many blocks there are"),
        Map.entry("--heads", "how many heads a block's attention has"),
        Map.entry("--width", "how many numbers a token is, a multiple of --heads"),
        Map.entry("--context", "how many tokens are seen at most"),
        Map.entry("--dropout", "the part that is left out while learning"),
        Map.entry("--batch", "how many pieces of the text a step learns from"),
        Map.entry("--steps", "how many steps there are in all"),
        Map.entry("--until", "the step to stop at, to go on later"),
        Map.entry("--log", "after how many steps the loss is printed, and all is saved"),
        Map.entry("--lr", "the greatest learning rate"),
        Map.entry("--warm-up", "for how many steps the rate grows"),
        Map.entry("--seed", "of the random numbers"),
        Map.entry("--device", "cpu, or cuda"),
        Map.entry("--dtype", "float32 or bfloat16; bfloat16 on cuda unless given"),
        Map.entry("--checkpoint", "where all is saved"),
        Map.entry("--resume", "yes: go on from there"),
        Map.entry("--prompt", "what a sample begins with, or @ and a file"),
        Map.entry("--sample", "how many tokens are written at the end"),
        Map.entry("--temperature", "how freely: more than 1 is more so"),
        Map.entry("--top-k", "from how many tokens each is drawn"));
