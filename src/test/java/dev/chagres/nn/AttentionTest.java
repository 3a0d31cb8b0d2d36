package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawStorage;
import dev.chagres.observe.Observation;
import dev.chagres.observe.Observer;
import dev.chagres.observe.Work;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Scaled dot-product attention, beside PyTorch's values in {@link FunctionalTest}. */
@OnEveryDevice(blocking = true)
class AttentionTest {
  private static Tensor attention(Tensor q, Tensor k, Tensor v, Attention.Options options) {
    return Functional.scaledDotProductAttention(q, k, v, options);
  }

  @Test
  void whatSeesNothingIsZeroWithoutGradients() {
    Tensor q = Tensor.randn(2, 4).requiresGrad_();
    Tensor k = Tensor.randn(3, 4).requiresGrad_();
    Tensor v = Tensor.randn(3, 2).requiresGrad_();
    Tensor seen = Tensor.of(new boolean[][] {{false, false, false}, {true, false, true}});
    Tensor y = attention(q, k, v, Attention.options().attnMask(seen));
    assertArrayEquals(new double[2], y.select(0, 0).toDoubleArray());
    y.sum().backward();
    assertArrayEquals(new double[4], q.grad().select(0, 0).toDoubleArray());
    assertEquals(0, k.grad().select(0, 1).abs().sum().item());
    assertTrue(k.grad().isfinite().all().item() == 1);
    assertEquals(Shape.of(2, 2), attention(q, k.narrow(0, 0, 0), v.narrow(0, 0, 0)).shape());
    assertEquals(0, attention(q, k.narrow(0, 0, 0), v.narrow(0, 0, 0)).abs().sum().item());
  }

  private static Tensor attention(Tensor q, Tensor k, Tensor v) {
    return Functional.scaledDotProductAttention(q, k, v);
  }

  /** The formula in plain operations, of float64. */
  private static Tensor formula(Tensor q, Tensor k, Tensor v, boolean causal, double scale) {
    Tensor scores = q.matmul(k.transpose(-2, -1)).mul(scale);
    if (causal) {
      Tensor hidden = Tensor.ones(q.size(-2), k.size(-2)).triu(1).to(DefaultDevice.get()).bool();
      scores = scores.maskedFill(hidden, Double.NEGATIVE_INFINITY);
    }
    return scores.softmax(-1).matmul(v);
  }

  private static double apart(Tensor expected, Tensor actual) {
    Tensor far = actual.detach().to(DType.FLOAT64).sub(expected.detach()).abs();
    return far.div(expected.detach().abs().amax().clamp(1, 1e9)).amax().item();
  }

  private static double tolerance(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> 1e-13;
      case FLOAT32 -> 3e-6;
      case FLOAT16 -> 2e-3;
      default -> 2e-2;
    };
  }

  /** Compares the kernels with the formula: values, and the gradients of all three. */
  private static void check(Tensor q, Tensor k, Tensor v, Attention.Options options) {
    boolean causal = options.variants().contains(Attention.Variant.IS_CAUSAL);
    Tensor[] own = {q, k, v};
    Tensor[] wide = new Tensor[3];
    for (int i = 0; i < 3; i++) {
      wide[i] = own[i].to(DType.FLOAT64).detach().requiresGrad_();
      own[i].requiresGrad_();
    }
    double scale = 1 / Math.sqrt((double) q.size(-1));
    Tensor expected = formula(wide[0], wide[1], wide[2], causal, scale);
    Tensor y = attention(q, k, v, options);
    String what = q.dtype() + " " + q.shape() + " " + k.shape() + " " + v.shape() + " " + causal;
    assertEquals(expected.shape(), y.shape());
    assertEquals(0, apart(expected, y), tolerance(q.dtype()), what);
    assertEquals("ScaledDotProductFlashAttentionBackward", y.gradFn().name());
    Tensor g = new Generator(DefaultDevice.get(), 9).randn(q.dtype(), y.shape().toArray());
    expected.backward(g.to(DType.FLOAT64));
    y.backward(g);
    for (int i = 0; i < 3; i++) {
      assertEquals(0, apart(wide[i].grad(), own[i].grad()), 2 * tolerance(q.dtype()), what + i);
    }
  }

  @Test
  void kernelsAgreeWithTheFormula() {
    var random = new Generator(DefaultDevice.get(), 4);
    long[][] sizes = {
      {1, 1, 1, 1},
      {3, 5, 4, 2},
      {64, 64, 16, 16},
      {65, 63, 17, 5},
      {70, 140, 8, 33},
      {140, 70, 8, 8},
      {1, 200, 65, 64},
      {200, 1, 3, 3},
      {33, 34, 129, 256}
    };
    for (long[] size : sizes) {
      for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)) {
        for (var options : List.of(Attention.options(), Attention.options().isCausal())) {
          check(
              random.randn(dtype, 2, size[0], size[2]),
              random.randn(dtype, 2, size[1], size[2]),
              random.randn(dtype, 2, size[1], size[3]),
              options);
        }
      }
    }
  }

  @Test
  void headsMayLieInAnyOrder() {
    var random = new Generator(DefaultDevice.get(), 5);
    var causal = Attention.options().isCausal();
    // (batch, time, 3, heads, size), as one linear layer makes all three
    Tensor all = random.randn(DType.FLOAT32, 2, 66, 3, 3, 8).permute(2, 0, 3, 1, 4);
    Tensor[] parts = new Tensor[3];
    for (int i = 0; i < 3; i++) {
      parts[i] = all.select(0, i);
    }
    check(parts[0].detach(), parts[1].detach(), parts[2].detach(), causal);
    Tensor y = attention(parts[0], parts[1], parts[2], causal);
    assertTrue(y.transpose(1, 2).isContiguous());
    Tensor turned = random.randn(DType.FLOAT32, 2, 8, 66).transpose(1, 2);
    check(turned.detach(), parts[1].select(1, 0).detach(), parts[2].select(1, 1).detach(), causal);
    Tensor many = random.randn(DType.FLOAT64, 2, 1, 2, 2, 5, 4);
    check(
        many,
        random.randn(DType.FLOAT64, 3, 1, 2, 6, 4),
        random.randn(DType.FLOAT64, 6, 4),
        causal);
  }

  @Test
  void severalHeadsOfTheQueryMayShareOneOfTheKeys() {
    var random = new Generator(DefaultDevice.get(), 6);
    var options = Attention.options().enableGqa();
    Tensor[] in = {
      random.randn(DType.FLOAT64, 2, 4, 9, 4).requiresGrad_(),
      random.randn(DType.FLOAT64, 2, 2, 7, 4).requiresGrad_(),
      random.randn(DType.FLOAT64, 2, 2, 7, 3).requiresGrad_()
    };
    Tensor y = attention(in[0], in[1], in[2], options);
    Tensor expected =
        formula(in[0], in[1].repeatInterleave(2, 1), in[2].repeatInterleave(2, 1), false, 0.5);
    assertEquals(0, apart(expected, y), 1e-13);
    Tensor g = random.randn(DType.FLOAT64, 2, 4, 9, 3);
    List<Tensor> slopes = Autograd.grad(List.of(y), List.of(in), List.of(g));
    List<Tensor> wanted = Autograd.grad(List.of(expected), List.of(in), List.of(g));
    for (int i = 0; i < 3; i++) {
      assertEquals(0, apart(wanted.get(i), slopes.get(i)), 1e-13);
    }
  }

  /** The same by plain operations, with what is added to the scores and factors of the weights. */
  private static Tensor plain(Tensor[] in, Tensor added, Tensor factors) {
    Tensor scores = in[0].matmul(in[1].transpose(-2, -1)).div(Math.sqrt((double) in[0].size(-1)));
    Tensor blind = scores.detach().add(added).amax(Keep.KEEPDIM, -1).isneginf();
    Tensor weights = scores.add(added.maskedFill(blind, 0)).softmax(-1).maskedFill(blind, 0);
    return weights.mul(factors).matmul(in[2]);
  }

  private static void compare(Tensor[] in, Tensor y, Tensor expected) {
    assertEquals("ScaledDotProductFlashAttentionBackward", y.gradFn().name());
    assertEquals(0, apart(expected, y), 1e-12);
    Tensor g = new Generator(DefaultDevice.get(), 9).randn(DType.FLOAT64, y.shape().toArray());
    List<Tensor> slopes = Autograd.grad(List.of(y), List.of(in), List.of(g));
    List<Tensor> wanted = Autograd.grad(List.of(expected), List.of(in), List.of(g));
    for (int i = 0; i < 3; i++) {
      assertEquals(0, apart(wanted.get(i), slopes.get(i)), 1e-12);
    }
  }

  private static Tensor[] heads(Generator random, long queries, long keys) {
    return new Tensor[] {
      random.randn(DType.FLOAT64, 2, 3, queries, 4).requiresGrad_(),
      random.randn(DType.FLOAT64, 2, 3, keys, 4).requiresGrad_(),
      random.randn(DType.FLOAT64, 2, 3, keys, 5).requiresGrad_()
    };
  }

  @Test
  void masksThatBroadcastAreReadByTheKernels() {
    var random = new Generator(DefaultDevice.get(), 11);
    Tensor one = Tensor.ones(DType.FLOAT64, 1);
    for (long[] lengths : new long[][] {{5, 7}, {66, 140}}) {
      Tensor[] in = heads(random, lengths[0], lengths[1]);
      long[][] shapes = {
        {lengths[0], lengths[1]},
        {lengths[1]},
        {lengths[0], 1},
        {2, 1, 1, lengths[1]},
        {3, lengths[0], lengths[1]},
        {2, 3, lengths[0], lengths[1]}
      };
      for (long[] shape : shapes) {
        Tensor seen = random.rand(DType.FLOAT64, shape).lt(0.6);
        Tensor added = random.randn(DType.FLOAT64, shape).maskedFill(seen.logicalNot(), -30);
        Tensor hidden = Tensor.zeros(DType.FLOAT64, shape);
        hidden = hidden.maskedFill(seen.logicalNot(), Double.NEGATIVE_INFINITY);
        var options = Attention.options();
        compare(in, attention(in[0], in[1], in[2], options.attnMask(seen)), plain(in, hidden, one));
        compare(in, attention(in[0], in[1], in[2], options.attnMask(added)), plain(in, added, one));
        compare(
            in, attention(in[0], in[1], in[2], options.attnMask(hidden)), plain(in, hidden, one));
      }
      // One that lies the other way round, and every other element of one
      Tensor turned = random.rand(DType.FLOAT64, lengths[1], 2 * lengths[0]).t();
      Tensor some = turned.slice(0, 0, 2 * lengths[0], 2);
      compare(
          in,
          attention(in[0], in[1], in[2], Attention.options().attnMask(some)),
          plain(in, some, one));
    }
  }

  @Test
  void masksOfSixteenBitsAndForSharedHeads() {
    var random = new Generator(DefaultDevice.get(), 12);
    Tensor q = random.randn(DType.FLOAT64, 2, 4, 9, 4).requiresGrad_();
    Tensor k = random.randn(DType.FLOAT64, 2, 2, 7, 4).requiresGrad_();
    Tensor v = random.randn(DType.FLOAT64, 2, 2, 7, 3).requiresGrad_();
    Tensor one = Tensor.ones(DType.FLOAT64, 1);
    var options = Attention.options().enableGqa();
    for (long[] shape : new long[][] {{9, 7}, {4, 9, 7}, {2, 1, 1, 7}, {2, 4, 1, 7}}) {
      Tensor added = random.randn(DType.FLOAT64, shape);
      Tensor y = attention(q, k, v, options.attnMask(added));
      Tensor[] in = {q, k.repeatInterleave(2, 1), v.repeatInterleave(2, 1)};
      Tensor expected = plain(in, added, one);
      assertEquals(0, apart(expected, y), 1e-12);
      List<Tensor> slopes = Autograd.grad(y.square().sum(), List.of(q, k, v));
      List<Tensor> wanted = Autograd.grad(expected.square().sum(), List.of(q, k, v));
      for (int i = 0; i < 3; i++) {
        assertEquals(0, apart(wanted.get(i), slopes.get(i)), 1e-12);
      }
    }
    Tensor half = random.randn(DType.BFLOAT16, 2, 5, 8);
    for (DType dtype : List.of(DType.BFLOAT16, DType.FLOAT32)) {
      Tensor mask = random.randn(dtype, 5, 5);
      Tensor wide = half.toDouble();
      Tensor expected = plain(new Tensor[] {wide, wide, wide}, mask.toDouble(), one);
      Tensor y = attention(half, half, half, Attention.options().attnMask(mask));
      assertEquals(0, apart(expected, y), tolerance(DType.BFLOAT16));
    }
  }

  /** What the weights are multiplied by where the draws begin with a seed. */
  private static Tensor factors(Tensor q, Tensor k, double p) {
    // With as many values as keys, each of which one key has, the weights come out themselves.
    Tensor each = Tensor.eye(k.size(-2)).to(q.dtype()).expand(2, 3, k.size(-2), k.size(-2));
    Tensor none = q.detach().mul(0);
    Chagres.manualSeed(5);
    Tensor y = attention(none, k.detach(), each, Attention.options().dropoutP(p));
    return y.mul((double) k.size(-2));
  }

  @Test
  void dropoutTakesTheSameWeightsOnTheWayBack() {
    var random = new Generator(DefaultDevice.get(), 13);
    for (long[] lengths : new long[][] {{5, 7}, {66, 140}}) {
      Tensor[] in = heads(random, lengths[0], lengths[1]);
      Tensor factors = factors(in[0], in[1], 0.3);
      assertEquals(0.7, factors.gt(0).to(DType.FLOAT64).mean().item(), 0.1);
      assertEquals(1 / 0.7, factors.amax().item(), 1e-9);
      Tensor added = random.randn(DType.FLOAT64, lengths[0], lengths[1]);
      Chagres.manualSeed(5);
      var options = Attention.options().dropoutP(0.3).attnMask(added);
      compare(in, attention(in[0], in[1], in[2], options), plain(in, added, factors));
    }
    Tensor[] in = heads(random, 3, 70);
    GradCheck.gradgradcheck(
        x -> {
          Chagres.manualSeed(5);
          return List.of(
              attention(x.get(0), x.get(1), x.get(2), Attention.options().dropoutP(0.3)));
        },
        Arrays.stream(heads(random, 2, 3))
            .map(t -> t.select(0, 0).detach().requiresGrad_())
            .toList());
    Tensor y = attention(in[0], in[1], in[2], Attention.options().dropoutP(0.5));
    Tensor again = attention(in[0], in[1], in[2], Attention.options().dropoutP(0.5));
    assertFalse(y.equal(again));
  }

  @OnCpu("a GPU draws from places in a stream, and not one after the other")
  @Test
  void dropoutDrawsAsOfAllWeights() {
    Tensor q = Tensor.zeros(2, 3, 5, 4);
    Tensor k = Tensor.zeros(2, 3, 70, 4);
    Tensor factors = factors(q, k, 0.3);
    Chagres.manualSeed(5);
    Tensor all = Functional.dropout(Tensor.ones(2, 3, 5, 70), 0.3);
    assertTrue(all.gt(0).equal(factors.gt(0)));
    assertEquals(0, apart(all, factors), 1e-5);
    // What was drawn after it, too
    Tensor after = Tensor.rand(4);
    factors(q, k, 0.3);
    assertTrue(after.equal(Tensor.rand(4)));
  }

  @Test
  void greatAndInfiniteScoresAndNaNsAreTheirs() {
    Tensor q = Tensor.of(new double[][] {{1000}, {-1000}, {0}, {1}});
    Tensor k = Tensor.of(new double[][] {{1}, {0}, {-1}});
    Tensor v = Tensor.of(new double[][] {{1}, {2}, {3}});
    var plain = Attention.options().scale(1);
    double e = Math.E;
    double mean = (e + 2 + 3 / e) / (e + 1 + 1 / e);
    assertArrayEquals(
        new double[] {1, 3, 2, mean}, attention(q, k, v, plain).flatten().toDoubleArray(), 1e-6);
    Tensor blind = Tensor.of(new double[][] {{Double.NEGATIVE_INFINITY}});
    Tensor y = attention(q.narrow(0, 3, 1), blind.expand(3, 1), v, plain);
    assertEquals(0, y.item());
    Tensor bad = Tensor.of(new double[][] {{1}, {Double.NaN}});
    double[] rows = attention(bad, k, v, plain).flatten().toDoubleArray();
    assertEquals(mean, rows[0], 1e-6);
    assertTrue(Double.isNaN(rows[1]));
  }

  @Test
  void autocastComputesItInSixteenBits() {
    Tensor q = Tensor.randn(2, 5, 4);
    Tensor seen = Tensor.ones(DType.BOOL, 5, 5);
    try (var _ = Autocast.on(DefaultDevice.get(), DType.BFLOAT16)) {
      assertEquals(DType.BFLOAT16, attention(q, q, q).dtype());
      Tensor half = q.to(DType.BFLOAT16);
      assertEquals(DType.BFLOAT16, attention(q, half, q).dtype());
      var options = Attention.options().attnMask(seen);
      assertEquals(DType.BFLOAT16, attention(q, q, q, options).dtype());
    }
  }

  /** The greatest array that is asked for meanwhile. */
  private static long greatestArray(Runnable body) {
    var greatest = new AtomicLong();
    var observer =
        new Observer() {
          @Override
          public void kernel(Runnable kernel, Supplier<Work> work) {
            kernel.run();
          }

          @Override
          public <S extends RawStorage> S allocate(
              long bytes, Supplier<S> allocation, LongSupplier live) {
            greatest.accumulateAndGet(bytes, Math::max);
            return allocation.get();
          }
        };
    assertTrue(Observation.begin(observer));
    try {
      body.run();
    } finally {
      Observation.end();
    }
    return greatest.get();
  }

  @OnCpu("an emulator of a GPU takes minutes for as many scores")
  @Test
  void theScoresAreNeverMade() {
    int length = 4096;
    Tensor[] in = new Tensor[3];
    Arrays.setAll(in, i -> Tensor.randn(1, length, 8).requiresGrad_());
    Tensor seen = Tensor.ones(DType.BOOL, 1, length).logicalXor(Tensor.zeros(1, length).bool());
    Tensor added = Tensor.zeros(length, 1);
    var none = Attention.options();
    for (var options : List.of(none, none.isCausal(), none.attnMask(seen), none.attnMask(added))) {
      long bytes =
          greatestArray(() -> attention(in[0], in[1], in[2], options).square().sum().backward());
      assertEquals(4L * length * 8, bytes);
    }
    // Dropout keeps a bit of each.
    long bytes =
        greatestArray(
            () -> attention(in[0], in[1], in[2], none.dropoutP(0.1)).square().sum().backward());
    assertEquals((long) length * length / 8, bytes);
  }

  @OnCpu("about the threads of the CPU")
  @Test
  void gradientsDoNotDependOnTheThreads() {
    int threads = Chagres.getNumThreads();
    List<List<Tensor>> found = new ArrayList<>();
    var random = new Generator(DefaultDevice.get(), 7);
    List<Tensor> in = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      in.add(random.randn(DType.FLOAT32, 3, 300, 20).requiresGrad_());
    }
    try {
      for (int count : new int[] {1, 2, 3}) { // of three heads
        Chagres.setNumThreads(count);
        Tensor y = attention(in.get(0), in.get(1), in.get(2), Attention.options().isCausal());
        List<Tensor> results = new ArrayList<>(Autograd.grad(y.square().sum(), in));
        results.add(y.detach());
        found.add(results);
      }
    } finally {
      Chagres.setNumThreads(threads);
    }
    for (int i = 0; i < 4; i++) {
      assertTrue(found.get(0).get(i).equal(found.get(1).get(i)));
      assertTrue(found.get(0).get(i).equal(found.get(2).get(i)));
    }
  }

  @Test
  void gradientsCanBeDifferentiated() {
    var random = new Generator(DefaultDevice.get(), 3);
    Tensor q = random.randn(DType.FLOAT64, 2, 3, 2).requiresGrad_();
    Tensor k = random.randn(DType.FLOAT64, 2, 4, 2).requiresGrad_();
    Tensor v = random.randn(DType.FLOAT64, 2, 4, 2).requiresGrad_();
    Tensor added = random.randn(DType.FLOAT64, 3, 4).requiresGrad_();
    for (var options :
        new Attention.Options[] {Attention.options(), Attention.options().isCausal().scale(0.7)}) {
      GradCheck.gradcheck(
          in -> List.of(attention(in.get(0), in.get(1), in.get(2), options)), List.of(q, k, v));
      GradCheck.gradgradcheck(
          in -> List.of(attention(in.get(0), in.get(1), in.get(2), options)), List.of(q, k, v));
    }
    GradCheck.gradgradcheck(mask -> attention(q, k, v, Attention.options().attnMask(mask)), added);
  }

  @Test
  void dropoutDropsWeightsAndKeepsTheMean() {
    Tensor q = Tensor.zeros(200, 4);
    Tensor k = Tensor.zeros(50, 4);
    Tensor y = attention(q, k, Tensor.ones(50, 1), Attention.options().dropoutP(0.4));
    assertEquals(1, y.mean().item(), 0.05);
    assertTrue(y.std().item() > 0.05);
    Tensor none = attention(q, k, Tensor.ones(50, 1), Attention.options().dropoutP(1));
    assertEquals(0, none.abs().sum().item());
  }

  private static void refused(String message, Executable call) {
    String text = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertEquals("scaledDotProductAttention: " + message, text);
  }

  @Test
  void aMaskOfFloat32IsAddedToScoresOfFloat64() {
    Tensor q = Tensor.randn(DType.FLOAT64, 2, 3, 4);
    Tensor k = Tensor.randn(DType.FLOAT64, 2, 6, 4);
    Tensor mask = Tensor.randn(3, 6).requiresGrad_();
    Tensor y = attention(q, k, k, Attention.options().attnMask(mask));
    assertTrue(y.equal(attention(q, k, k, Attention.options().attnMask(mask.toDouble()))));
    y.sum().backward();
    assertEquals(DType.FLOAT32, mask.grad().dtype());
  }

  @Test
  void refusesWhatPyTorchRefuses() {
    Tensor q = Tensor.ones(3, 4);
    Tensor k = Tensor.ones(6, 4);
    var options = Attention.options();
    refused("operands are (…, length, size), not (4,)", () -> attention(Tensor.ones(4), k, k));
    refused(
        "the vectors of a query (3, 4) and a key (6, 5) have different sizes",
        () -> attention(q, Tensor.ones(6, 5), k));
    refused("6 keys and 5 values", () -> attention(q, k, Tensor.ones(5, 4)));
    refused(
        "query, key and value have one floating dtype, not float32, float64 and float32",
        () -> attention(q, k.toDouble(), k));
    refused(
        "query, key and value have one floating dtype, not int64, int64 and int64",
        () -> attention(q.toLong(), k.toLong(), k.toLong()));
    refused(
        "a mask beside isCausal; put both into the mask",
        () -> attention(q, k, k, options.isCausal().attnMask(Tensor.ones(3, 6))));
    refused(
        "a mask of int32 for operands of float32",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(DType.INT32, 3, 6))));
    refused(
        "a mask of float64 for operands of float32",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(DType.FLOAT64, 3, 6))));
    refused(
        "a mask (2, 3, 6) does not broadcast to scores (3, 6)",
        () -> attention(q, k, k, options.attnMask(Tensor.ones(2, 3, 6))));
    refused(
        "the leading dimensions of (4, 3, 2), (2, 6, 2) and (2, 6, 2) do not broadcast; keys and"
            + " values with fewer heads need enableGqa()",
        () -> attention(Tensor.ones(4, 3, 2), Tensor.ones(2, 6, 2), Tensor.ones(2, 6, 2)));
    refused(
        "3 heads of the key for 4 of the query",
        () ->
            attention(
                Tensor.ones(4, 3, 2),
                Tensor.ones(3, 6, 2),
                Tensor.ones(3, 6, 2),
                options.enableGqa()));
    refused(
        "with enableGqa() operands are (…, heads, length, size), not (3, 4) and (6, 4)",
        () -> attention(q, k, k, options.enableGqa()));
    assertThrows(IllegalArgumentException.class, () -> options.dropoutP(1.5));
  }
}
