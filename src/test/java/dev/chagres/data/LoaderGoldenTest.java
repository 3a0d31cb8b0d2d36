package dev.chagres.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The batches, and what is drawn after them, are those of PyTorch's loader and samplers. */
@OnEveryDevice
class LoaderGoldenTest {
  private static final Tensor WEIGHTS = Tensor.of(0.5, 0, 3, 1, 0.25, 2, 1);

  private final Map<String, String> expected = read();
  private final Dataset ten = new TensorDataset(Tensor.arange(10));

  private static Map<String, String> read() {
    try (InputStream in = LoaderGoldenTest.class.getResourceAsStream("/golden/loader.txt")) {
      Map<String, String> lines = new LinkedHashMap<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .forEach(
              line -> {
                int colon = line.indexOf(": ");
                lines.put(line.substring(0, colon), line.substring(colon + 2));
              });
      return lines;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Noise of float64 on the CPU, whatever the default device. */
  private static Tensor noise() {
    return Generator.standard().rand(DType.FLOAT64).reshape();
  }

  private static final class Noisy implements Dataset {
    @Override
    public long size() {
      return 10;
    }

    @Override
    public Batch get(long index) {
      return new Batch(noise().add(index));
    }
  }

  /** Numbers below a size, of which each worker has every n-th. */
  private static IterableDataset shares(int size, boolean noisy) {
    return share ->
        IntStream.range(0, size)
            .filter(i -> i % share.count() == share.index())
            .mapToObj(
                i -> {
                  Tensor noise =
                      noisy
                          ? Generator.standard().rand(DType.FLOAT32).reshape()
                          : Tensor.scalar(0f).to(Device.cpu());
                  return new Batch(noise.add(i));
                })
            .iterator();
  }

  private static IterableDataset uneven() {
    return share ->
        IntStream.range(0, share.index() * 3 + 1)
            .mapToObj(i -> new Batch(Tensor.scalar(share.index() * 100L + i)))
            .iterator();
  }

  private static String passes(DataLoader loader) {
    List<String> passes = new ArrayList<>();
    for (int pass = 0; pass < 2; pass++) {
      List<String> batches = new ArrayList<>();
      for (Batch batch : loader) {
        batches.add(String.join(" ; ", batch.tensors().stream().map(x -> text(x)).toList()));
      }
      passes.add(String.join(" | ", batches));
    }
    return String.join(" || ", passes);
  }

  private static String text(Tensor x) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < x.numel(); i++) {
      Tensor each = x.select(0, i);
      words.add(
          x.isFloatingPoint()
              ? Double.toString(each.to(DType.FLOAT64).item())
              : Long.toString(each.itemLong()));
    }
    return String.join(" ", words);
  }

  private static String drawn(Generator generator) {
    return Double.toString(generator.rand(DType.FLOAT32).to(DType.FLOAT64).item());
  }

  private DataLoader loader(String name, DataLoader.Options given) {
    String[] words = name.split(" ");
    var options = given.workers(Integer.parseInt(words[words.length - 1]));
    String kind = name.substring(0, name.indexOf(" workers"));
    return switch (kind) {
      case "sequential 3", "sequential 5" -> new DataLoader(ten, options.batchSize(size(words)));
      case "shuffled 3", "shuffled 5" ->
          new DataLoader(ten, options.batchSize(size(words)).shuffle());
      case "dropped 3", "dropped 5" ->
          new DataLoader(ten, options.batchSize(size(words)).shuffle().dropLast());
      case "generator 3", "generator 5" ->
          new DataLoader(ten, options.batchSize(size(words)).shuffle().seed(7));
      case "noisy" -> new DataLoader(new Noisy(), options.batchSize(2).shuffle());
      case "weighted" ->
          new DataLoader(ten, options.batchSize(3).sampler(new WeightedRandomSampler(WEIGHTS, 8)));
      case "replacement" ->
          new DataLoader(
              ten,
              options
                  .batchSize(16)
                  .sampler(new RandomSampler(ten, Replacement.WITH_REPLACEMENT, 70)));
      case "subset" ->
          new DataLoader(ten, options.batchSize(2).sampler(new SubsetRandomSampler(1, 3, 5, 7, 9)));
      case "stream" -> new DataLoader(shares(11, false), options.batchSize(3));
      case "stream dropped" -> new DataLoader(shares(11, false), options.batchSize(3).dropLast());
      case "stream noisy" -> new DataLoader(shares(7, true), options.batchSize(2));
      case "chain" ->
          new DataLoader(
              IterableDataset.chain(shares(5, false), shares(0, false), shares(4, true)),
              options.batchSize(2));
      case "stack" -> new DataLoader(stacked(), options.batchSize(4).shuffle());
      case "uneven" -> new DataLoader(uneven(), options.batchSize(2));
      default -> throw new AssertionError(name);
    };
  }

  private Dataset stacked() {
    Tensor numbers = Tensor.arange(10);
    return Dataset.stack(
        ten, new TensorDataset(numbers.mul(10), numbers.toFloat().div(4)), new Noisy());
  }

  private static int size(String... words) {
    return Integer.parseInt(words[1]);
  }

  @Test
  void batchesAreThoseOfPyTorch() {
    for (int prefetch : new int[] {2, 1, 5}) {
      var wrong = new LinkedHashMap<String, String>();
      int cases = 0;
      for (var line : expected.entrySet()) {
        if (line.getKey().contains(" workers ")) {
          cases++;
          Chagres.manualSeed(42);
          DataLoader loader = loader(line.getKey(), DataLoader.options().prefetch(prefetch));
          String text = passes(loader) + " # " + drawn(Generator.standard());
          if (!text.equals(line.getValue())) {
            wrong.put(line.getKey(), text + "\n instead of " + line.getValue());
          }
        }
      }
      assertEquals(Map.of(), wrong, "prefetch " + prefetch);
      assertEquals(17 + 3 * 18, cases);
    }
  }

  private Sampler sampler(String name, Generator own) {
    return switch (name) {
      case "random given" -> RandomSampler.of(ten, own);
      case "random standard" -> new RandomSampler(ten);
      case "random 25 given" -> random(Replacement.WITHOUT_REPLACEMENT, 25, own);
      case "random 25 standard" -> random(Replacement.WITHOUT_REPLACEMENT, 25);
      case "random 4 given" -> random(Replacement.WITHOUT_REPLACEMENT, 4, own);
      case "random 4 standard" -> random(Replacement.WITHOUT_REPLACEMENT, 4);
      case "random 20 given" -> random(Replacement.WITHOUT_REPLACEMENT, 20, own);
      case "random 20 standard" -> random(Replacement.WITHOUT_REPLACEMENT, 20);
      case "random with replacement 40 given" -> random(Replacement.WITH_REPLACEMENT, 40, own);
      case "random with replacement 40 standard" -> random(Replacement.WITH_REPLACEMENT, 40);
      case "random with replacement 32 given" -> random(Replacement.WITH_REPLACEMENT, 32, own);
      case "random with replacement 32 standard" -> random(Replacement.WITH_REPLACEMENT, 32);
      case "subset given" -> new SubsetRandomSampler(own, 5, 2, 8, 8, 1);
      case "subset standard" -> new SubsetRandomSampler(5, 2, 8, 8, 1);
      case "weighted given" ->
          new WeightedRandomSampler(WEIGHTS, 20, Replacement.WITH_REPLACEMENT, own);
      case "weighted standard" -> new WeightedRandomSampler(WEIGHTS, 20);
      case "weighted without replacement given" ->
          new WeightedRandomSampler(WEIGHTS, 6, Replacement.WITHOUT_REPLACEMENT, own);
      case "weighted without replacement standard" ->
          new WeightedRandomSampler(WEIGHTS, 6, Replacement.WITHOUT_REPLACEMENT);
      default -> throw new AssertionError(name);
    };
  }

  private Sampler random(Replacement replacement, long count, Generator... own) {
    return own.length == 0
        ? new RandomSampler(ten, replacement, count)
        : new RandomSampler(ten, replacement, count, own[0]);
  }

  @Test
  void samplersDrawAsPyTorchsDo() {
    var wrong = new LinkedHashMap<String, String>();
    int cases = 0;
    for (var line : expected.entrySet()) {
      String name = line.getKey();
      if (name.endsWith(" given") || name.endsWith(" standard")) {
        cases++;
        Chagres.manualSeed(42);
        Generator own = new Generator(7);
        Sampler sampler = sampler(name, own);
        String text = once(sampler) + " || " + once(sampler);
        text += " # " + drawn(name.endsWith(" given") ? own : Generator.standard());
        if (!text.equals(line.getValue())) {
          wrong.put(name, text + "\n instead of " + line.getValue());
        }
      }
    }
    assertEquals(Map.of(), wrong);
    assertEquals(18, cases);
  }

  private static String once(Sampler sampler) {
    List<String> indices = new ArrayList<>();
    PrimitiveIterator.OfLong pass = sampler.iterator();
    while (pass.hasNext()) {
      indices.add(Long.toString(pass.nextLong()));
    }
    assertEquals(sampler.size(), indices.size());
    return String.join(" ", indices);
  }

  @Test
  void fractionsSplitAsInPyTorch() {
    Dataset eleven = new TensorDataset(Tensor.arange(11));
    int cases = 0;
    for (var line : expected.entrySet()) {
      if (line.getKey().startsWith("split [")) {
        cases++;
        String list = line.getKey().substring("split [".length(), line.getKey().length() - 1);
        double[] fractions =
            List.of(list.split(", ")).stream().mapToDouble(Double::parseDouble).toArray();
        Generator generator = new Generator(3);
        List<Subset> parts = eleven.randomSplit(generator, fractions);
        String text =
            String.join(
                " | ",
                parts.stream()
                    .map(part -> text(part.batch(LongStream.range(0, part.size()).toArray()).x()))
                    .toList());
        assertEquals(line.getValue(), text + " # " + drawn(generator), line.getKey());
      }
    }
    assertEquals(4, cases);
    var all = new TreeSet<Long>();
    for (Dataset part : eleven.randomSplit(0.25, 0.75)) {
      for (long i = 0; i < part.size(); i++) {
        assertTrue(all.add(part.get(i).x().itemLong()));
      }
    }
    assertEquals(11, all.size());
  }
}
