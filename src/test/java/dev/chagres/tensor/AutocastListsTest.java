package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.linalg.Linalg;
import dev.chagres.nn.Attention;
import dev.chagres.nn.Bias;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GRUCell;
import dev.chagres.nn.LSTM;
import dev.chagres.nn.LSTMCell;
import dev.chagres.nn.Module;
import dev.chagres.nn.RNN;
import dev.chagres.nn.RNNCell;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.AutocastFunction.Choice;
import dev.chagres.testing.AutocastFacts;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What is computed in which dtype under autocast, function by function. */
@OnEveryDevice
class AutocastListsTest {
  private static final long[] SQUARE = {4, 4};
  private static final long[] BATCH = {2, 4, 4};
  private static final long[] VECTOR = {4};
  private static final long[] IMAGES = {1, 2, 4, 4};

  private static final Map<String, DType> DTYPES =
      Map.of(
          "f16", DType.FLOAT16, "bf16", DType.BFLOAT16, "f32", DType.FLOAT32, "f64", DType.FLOAT64);

  /** A function of the golden file, with the shapes of its operands. */
  private record Row(Function<List<Tensor>, List<Tensor>> function, long[]... shapes) {}

  private static final Map<String, Row> ROWS = new TreeMap<>();

  private static void one(String name, Function<Tensor, Tensor> function, long... shape) {
    ROWS.put(name, new Row(t -> List.of(function.apply(t.get(0))), shape));
  }

  private interface OfTwo {
    Tensor of(Tensor a, Tensor b);
  }

  private static void two(String name, OfTwo function, long[] a, long[] b) {
    ROWS.put(name, new Row(t -> List.of(function.of(t.get(0), t.get(1))), a, b));
  }

  private interface OfThree {
    Tensor of(Tensor a, Tensor b, Tensor c);
  }

  private static void three(String name, OfThree function, long[]... shapes) {
    ROWS.put(name, new Row(t -> List.of(function.of(t.get(0), t.get(1), t.get(2))), shapes));
  }

  private static Tensor positions() {
    return Tensor.of(0, 1, 2, 3);
  }

  private static Tensor regular(Tensor x) {
    return x.add(Tensor.eye(x.dtype(), 4).mul(8));
  }

  static {
    two("matmul", Tensor::matmul, SQUARE, SQUARE);
    two("matmulVector", Tensor::matmul, SQUARE, VECTOR);
    two("mm", Tensor::mm, SQUARE, SQUARE);
    two("bmm", Tensor::bmm, BATCH, BATCH);
    two("mv", Tensor::mv, SQUARE, VECTOR);
    two("dot", Tensor::dot, VECTOR, VECTOR);
    three("addmm", (x, a, b) -> x.addmm(a, b), SQUARE, SQUARE, SQUARE);
    three("baddbmm", (x, a, b) -> x.baddbmm(a, b), BATCH, BATCH, BATCH);
    three("addbmm", (x, a, b) -> x.addbmm(a, b), SQUARE, BATCH, BATCH);
    three("addmv", (x, a, b) -> x.addmv(a, b), VECTOR, SQUARE, VECTOR);
    three("addr", (x, a, b) -> x.addr(a, b), SQUARE, VECTOR, VECTOR);
    three("linear", Functional::linear, SQUARE, SQUARE, VECTOR);
    three("conv2d", Functional::conv2d, IMAGES, new long[] {3, 2, 3, 3}, new long[] {3});
    two("vecdot", Linalg::vecdot, SQUARE, SQUARE);
    ROWS.put("multiDot", new Row(t -> List.of(Linalg.multiDot(t)), SQUARE, SQUARE, SQUARE));
    three("attention", Functional::scaledDotProductAttention, BATCH, BATCH, BATCH);
    three(
        "maskedAttention",
        (q, k, v) ->
            Functional.scaledDotProductAttention(
                q, k, v, Attention.options().attnMask(Tensor.zeros(q.dtype(), 4, 4))),
        BATCH,
        BATCH,
        BATCH);
    two("einsum", (a, b) -> Tensor.einsum("ij,jk->ik", a, b), SQUARE, SQUARE);
    two("tensordot", (a, b) -> Tensor.tensordot(a, b, 1), SQUARE, SQUARE);
    one("prod", Tensor::prod, SQUARE);
    one("prodDim", x -> x.prod(0), SQUARE);
    one("trace", Tensor::trace, SQUARE);
    one("quantile", x -> x.quantile(0.5), SQUARE);
    one("nanquantile", x -> x.nanquantile(0.5, 0), SQUARE);
    two("cdist", Tensor::cdist, SQUARE, SQUARE);
    two("mseLoss", Functional::mseLoss, SQUARE, SQUARE);
    two("l1Loss", Functional::l1Loss, SQUARE, SQUARE);
    two("smoothL1Loss", Functional::smoothL1Loss, SQUARE, SQUARE);
    two("huberLoss", Functional::huberLoss, SQUARE, SQUARE);
    one("nllLoss", x -> Functional.nllLoss(x, positions()), SQUARE);
    one("crossEntropy", x -> Functional.crossEntropy(x, positions()), SQUARE);
    two("binaryCrossEntropyWithLogits", Functional::binaryCrossEntropyWithLogits, SQUARE, SQUARE);
    two("cat", (a, b) -> Tensor.cat(List.of(a, b)), SQUARE, SQUARE);
    two("stack", (a, b) -> Tensor.stack(List.of(a, b)), SQUARE, SQUARE);
    two("indexCopy", (a, b) -> a.indexCopy(0, positions(), b), SQUARE, SQUARE);
    one("cholesky", x -> Linalg.cholesky(regular(x)), SQUARE);
    one("inv", x -> Linalg.inv(regular(x)), SQUARE);
    two("solve", (a, b) -> Linalg.solve(regular(a), b), SQUARE, SQUARE);
    ROWS.put(
        "qr",
        new Row(
            t -> List.of(Linalg.qr(t.get(0)).q(), Linalg.qr(t.get(0)).r()), new long[][] {SQUARE}));
    ROWS.put(
        "svd",
        new Row(
            t -> {
              var svd = Linalg.svd(t.get(0));
              return List.of(svd.u(), svd.s(), svd.vh());
            },
            new long[][] {SQUARE}));
    one("svdvals", Linalg::svdvals, SQUARE);
    ROWS.put(
        "eigh",
        new Row(
            t -> {
              var eigh = Linalg.eigh(t.get(0));
              return List.of(eigh.eigenvalues(), eigh.eigenvectors());
            },
            new long[][] {SQUARE}));
    one("eigvalsh", Linalg::eigvalsh, SQUARE);
    two("lstsq", (a, b) -> Linalg.lstsq(a, b).solution(), SQUARE, SQUARE);
    one("pinverse", Linalg::pinverse, SQUARE);
    one("matrixRank", Linalg::matrixRank, SQUARE);
    one("cond", Linalg::cond, SQUARE);
    one("exp", Tensor::exp, SQUARE);
    one("log", x -> x.abs().add(1).log(), SQUARE);
    one("pow", x -> x.pow(3), SQUARE);
    one("sum", Tensor::sum, SQUARE);
    one("mean", Tensor::mean, SQUARE);
    one("cumsum", x -> x.cumsum(0), SQUARE);
    one("norm", Tensor::norm, SQUARE);
    one("softmax", x -> x.softmax(1), SQUARE);
    one("logSoftmax", x -> x.logSoftmax(1), SQUARE);
    one("layerNorm", x -> Functional.layerNorm(x, 4), SQUARE);
    one("relu", Tensor::relu, SQUARE);
    one("gelu", Functional::gelu, SQUARE);
    two("add", Tensor::add, SQUARE, SQUARE);
    two("mul", Tensor::mul, SQUARE, SQUARE);
    two("atan2", Tensor::atan2, SQUARE, SQUARE);
    three("addcmul", (x, a, b) -> x.addcmul(a, b), SQUARE, SQUARE, SQUARE);
    two("where", (a, b) -> Tensor.where(a.gt(0), a, b), SQUARE, SQUARE);
    one("maxPool2d", x -> Functional.maxPool2d(x, 2), IMAGES);
  }

  private static String name(DType dtype) {
    return DTYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == dtype)
        .map(Map.Entry::getKey)
        .findAny()
        .orElse("other");
  }

  @Test
  @OnCpu("the choices of PyTorch for CPUs")
  void dtypesAreThoseOfPyTorchOnTheCpu() {
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (String line : AutocastFacts.lines("cpu")) {
      String[] parts = line.split(": ");
      String[] words = parts[0].split(" ");
      Row row = assertRow(words[1]);
      String[] dtypes = words[2].split(",");
      List<Tensor> operands = new ArrayList<>();
      for (int i = 0; i < dtypes.length; i++) {
        operands.add(Tensor.rand(row.shapes[i]).to(DTYPES.get(dtypes[i])));
      }
      String found;
      try (var _ = Autocast.on(Device.cpu(), DTYPES.get(words[0]))) {
        found =
            String.join(
                " ", row.function.apply(operands).stream().map(y -> name(y.dtype())).toList());
      } catch (RuntimeException e) {
        found = e.toString();
      }
      compared++;
      if (!found.equals(parts[1])) {
        wrong.add(line + ", but here " + found);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(compared > 400, compared + " cases");
  }

  private static Row assertRow(String name) {
    Row row = ROWS.get(name);
    assertNotNull(row, name);
    return row;
  }

  /** PyTorch's names for functions of the table that are called otherwise there. */
  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "linalg_vecdot", "VECDOT",
          "linalg_multi_dot", "CHAIN_MATMUL",
          "linalg_vector_norm", "NORM",
          "frobenius_norm", "NORM",
          "log_softmax", "SOFTMAX",
          "_thnn_fused_lstm_cell", "LSTM_CELL",
          "_thnn_fused_gru_cell", "GRU_CELL");

  /** What this library has not, or only as a part of something else that is in the table. */
  private static final Set<String> NOT_HERE =
      Set.of(
          "_convolution",
          "convolution",
          "conv1d",
          "conv3d",
          "conv_tbc",
          "conv_transpose1d",
          "conv_transpose2d",
          "conv_transpose3d",
          "prelu",
          "_scaled_dot_product_flash_attention",
          "native_layer_norm",
          "nuclear_norm",
          "linalg_matrix_norm",
          "cosine_similarity",
          "poisson_nll_loss",
          "cosine_embedding_loss",
          "nll_loss2d",
          "hinge_embedding_loss",
          "kl_div",
          "margin_ranking_loss",
          "multilabel_margin_loss",
          "soft_margin_loss",
          "triplet_margin_loss",
          "multi_margin_loss",
          "bilinear",
          "grid_sampler");

  @Test
  void theTableHasPyTorchsListsForGpus() {
    int compared = 0;
    Map<AutocastFunction, Choice> listed = new TreeMap<>();
    for (String line : AutocastFacts.lines("cuda")) {
      String[] words = line.split(" ");
      if (NOT_HERE.contains(words[0]) || words[0].contains("upsample")) {
        continue;
      }
      String name = OTHER_NAMES.getOrDefault(words[0], words[0].toUpperCase(Locale.ROOT));
      AutocastFunction function = AutocastFunction.valueOf(name);
      assertEquals(Choice.valueOf(words[1]), function.on(Device.Type.CUDA), name);
      listed.put(function, function.on(Device.Type.CUDA));
      compared++;
    }
    assertTrue(compared > 50, compared + " functions");
    for (AutocastFunction function : AutocastFunction.values()) {
      Set<AutocastFunction> composed =
          Set.of(
              AutocastFunction.CROSS_ENTROPY,
              AutocastFunction.LSTM,
              AutocastFunction.NORM,
              AutocastFunction.FACTORISATION);
      if (!listed.containsKey(function) && !composed.contains(function)) {
        assertEquals(Choice.AS_GIVEN, function.on(Device.Type.CUDA), function.name());
      }
    }
  }

  // ---- on either device, by the table of the device's sort

  private static Choice choice(AutocastFunction function) {
    return function.on(DefaultDevice.get().type());
  }

  /** The dtype that the table says for operands of one dtype. */
  private static DType wanted(AutocastFunction function, DType given) {
    return switch (choice(function)) {
      case AS_GIVEN -> given;
      case LOW -> DType.BFLOAT16;
      case FLOAT32 -> DType.FLOAT32;
      case WIDEST -> given;
    };
  }

  /** A module in the dtype of what it is called with. */
  private static <M extends Module> M of(M module, Tensor x) {
    module.to(x.dtype());
    return module;
  }

  @Test
  void eachFunctionOfTheTableAsksIt() {
    Map<AutocastFunction, Function<Tensor, Tensor>> calls = new TreeMap<>();
    for (String name :
        List.of(
            "matmul",
            "mm",
            "mv",
            "addmm",
            "addr",
            "linear",
            "einsum",
            "prod",
            "tensordot",
            "trace",
            "quantile",
            "cdist",
            "cat",
            "exp",
            "pow",
            "sum",
            "cumsum",
            "norm",
            "softmax",
            "atan2",
            "addcmul")) {
      Row row = assertRow(name);
      calls.put(
          AutocastFunction.valueOf(name.toUpperCase(Locale.ROOT)),
          x -> {
            List<Tensor> operands = new ArrayList<>();
            for (long[] shape : row.shapes) {
              operands.add(shape.length == 1 ? x.select(0, 0) : x);
            }
            return row.function.apply(operands).getFirst();
          });
    }
    calls.put(AutocastFunction.ACOS, Tensor::acos);
    calls.put(AutocastFunction.ASIN, Tensor::asin);
    calls.put(AutocastFunction.COSH, Tensor::cosh);
    calls.put(AutocastFunction.ERFINV, Tensor::erfinv);
    calls.put(AutocastFunction.EXPM1, Tensor::expm1);
    calls.put(AutocastFunction.LOG, Tensor::log);
    calls.put(AutocastFunction.LOG10, Tensor::log10);
    calls.put(AutocastFunction.LOG2, Tensor::log2);
    calls.put(AutocastFunction.LOG1P, Tensor::log1p);
    calls.put(AutocastFunction.RECIPROCAL, Tensor::reciprocal);
    calls.put(AutocastFunction.RSQRT, Tensor::rsqrt);
    calls.put(AutocastFunction.SINH, Tensor::sinh);
    calls.put(AutocastFunction.TAN, Tensor::tan);
    calls.put(AutocastFunction.BMM, x -> x.unsqueeze(0).bmm(x.unsqueeze(0)));
    calls.put(
        AutocastFunction.BADDBMM, x -> x.unsqueeze(0).baddbmm(x.unsqueeze(0), x.unsqueeze(0)));
    calls.put(AutocastFunction.ADDBMM, x -> x.addbmm(x.unsqueeze(0), x.unsqueeze(0)));
    calls.put(AutocastFunction.ADDMV, x -> x.select(0, 0).addmv(x, x.select(0, 1)));
    calls.put(
        AutocastFunction.CONV2D,
        x -> Functional.conv2d(x.reshape(1, 1, 4, 4), x.reshape(1, 1, 4, 4)));
    calls.put(
        AutocastFunction.SCALED_DOT_PRODUCT_ATTENTION,
        x -> Functional.scaledDotProductAttention(x, x, x));
    calls.put(AutocastFunction.VECDOT, x -> Linalg.vecdot(x, x));
    calls.put(
        AutocastFunction.SCALED_DOT_PRODUCT_ATTENTION,
        x -> Functional.scaledDotProductAttention(x, x, x));
    calls.put(AutocastFunction.CHAIN_MATMUL, x -> Tensor.chainMatmul(List.of(x, x)));
    calls.put(AutocastFunction.LOGSUMEXP, x -> x.logsumexp(0));
    calls.put(AutocastFunction.CUMPROD, x -> x.cumprod(0));
    calls.put(AutocastFunction.DIST, x -> x.dist(x));
    calls.put(AutocastFunction.RENORM, x -> x.renorm(2, 0, 1));
    calls.put(AutocastFunction.PDIST, Tensor::pdist);
    calls.put(AutocastFunction.ADDCDIV, x -> x.addcdiv(x, x));
    calls.put(AutocastFunction.LAYER_NORM, x -> Functional.layerNorm(x, 4));
    calls.put(AutocastFunction.GROUP_NORM, x -> Functional.groupNorm(x, 2, null, null, 1e-5));
    calls.put(AutocastFunction.RMS_NORM, x -> Functional.rmsNorm(x, Shape.of(4), null, null));
    calls.put(AutocastFunction.DOT, x -> x.select(0, 0).dot(x.select(0, 1)));
    calls.put(AutocastFunction.VDOT, x -> x.select(0, 0).vdot(x.select(0, 1)));
    calls.put(AutocastFunction.CROSS, x -> x.narrow(0, 0, 3).cross(x.narrow(0, 0, 3), 0));
    calls.put(AutocastFunction.INDEX_COPY, x -> x.indexCopy(0, positions(), x));
    calls.put(AutocastFunction.INDEX_PUT, x -> x.indexPut(x, Index.of(positions())));
    calls.put(
        AutocastFunction.SCATTER_ADD, x -> x.scatterAdd(0, Tensor.zeros(DType.INT64, 4, 4), x));
    calls.put(AutocastFunction.MSE_LOSS, x -> Functional.mseLoss(x, x));
    calls.put(AutocastFunction.L1_LOSS, x -> Functional.l1Loss(x, x));
    calls.put(AutocastFunction.SMOOTH_L1_LOSS, x -> Functional.smoothL1Loss(x, x));
    calls.put(AutocastFunction.HUBER_LOSS, x -> Functional.huberLoss(x, x));
    calls.put(AutocastFunction.NLL_LOSS, x -> Functional.nllLoss(x, positions()));
    calls.put(AutocastFunction.CROSS_ENTROPY, x -> Functional.crossEntropy(x, positions()));
    calls.put(
        AutocastFunction.BINARY_CROSS_ENTROPY_WITH_LOGITS,
        x -> Functional.binaryCrossEntropyWithLogits(x, x));
    calls.put(AutocastFunction.FACTORISATION, x -> Linalg.inv(regular(x)));
    calls.put(AutocastFunction.RNN_TANH_CELL, x -> of(new RNNCell(4, 4), x).step(x));
    calls.put(
        AutocastFunction.RNN_RELU_CELL,
        x -> of(new RNNCell(4, 4, Bias.LEARNED, RNN.Nonlinearity.RELU), x).step(x));
    calls.put(AutocastFunction.LSTM_CELL, x -> of(new LSTMCell(4, 4), x).step(x).c());
    calls.put(AutocastFunction.GRU_CELL, x -> of(new GRUCell(4, 4), x).step(x));
    calls.put(AutocastFunction.LSTM, x -> of(new LSTM(4, 4), x).call(x));
    calls.put(AutocastFunction.SOFTPLUS, x -> TensorPrimitives.INSTANCE.softplus(x));
    for (AutocastFunction function : AutocastFunction.values()) {
      Function<Tensor, Tensor> call = calls.get(function);
      assertNotNull(call, function.name());
      boolean refusesHalves =
          function == AutocastFunction.QUANTILE && choice(function) == Choice.AS_GIVEN;
      for (DType given :
          refusesHalves ? List.of(DType.FLOAT32) : List.of(DType.FLOAT32, DType.BFLOAT16)) {
        Tensor x = Tensor.rand(4, 4).mul(0.5).add(0.25).to(given);
        try (var _ = Autocast.on(DefaultDevice.get(), DType.BFLOAT16)) {
          assertEquals(wanted(function, given), call.apply(x).dtype(), function + " of " + given);
        }
        if (function != AutocastFunction.QUANTILE && function != AutocastFunction.FACTORISATION) {
          assertEquals(given, call.apply(x).dtype(), function + " of " + given + " outside");
        }
      }
    }
  }

  @Test
  void widestIsThatOfTheOperands() {
    Tensor low = Tensor.ones(DType.BFLOAT16, 4);
    Tensor wide = Tensor.ones(4);
    try (var _ = Autocast.on(DefaultDevice.get(), DType.BFLOAT16)) {
      assertEquals(DType.FLOAT32, Tensor.cat(List.of(low, wide)).dtype());
      if (choice(AutocastFunction.DOT) == Choice.WIDEST) {
        assertEquals(DType.FLOAT32, low.dot(wide).dtype());
        assertEquals(DType.FLOAT32, wide.dot(low).dtype());
      }
    }
  }

  @Test
  void allRowsOfTheGoldenFileAreCalled() {
    Set<String> named =
        Set.copyOf(AutocastFacts.lines("cpu").stream().map(line -> line.split(" ")[1]).toList());
    assertEquals(ROWS.keySet(), new TreeSet<>(named));
  }
}
