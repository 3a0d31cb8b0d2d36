package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Errors name the function that was called, not what it is made of, and speak of its shapes. */
@OnEveryDevice(blocking = true)
class ErrorNamesTest {
  private static final Tensor X = Tensor.ones(2, 3, 5);

  @Test
  void functionsOfSequencesSpeakOfSequences() {
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put(
        "conv1d: kernels (4, 2, 1) in 1 group do not fit sequences (2, 3, 5)",
        () -> Functional.conv1d(X, Tensor.ones(4, 2, 1)));
    calls.put(
        "conv1d: kernels (4, 3, 6) are larger than the padded sequences (2, 3, 5)",
        () -> Functional.conv1d(X, Tensor.ones(4, 3, 6)));
    calls.put(
        "conv1d: a bias (2,) for 4 channels",
        () -> Functional.conv1d(X, Tensor.ones(4, 3, 1), Tensor.ones(2), Conv1d.options()));
    calls.put(
        "conv1d: needs one dtype of numbers, not float32 and float64",
        () -> Functional.conv1d(X, Tensor.ones(DType.FLOAT64, 4, 3, 1)));
    calls.put(
        "conv1d: a border of 5 cannot be made of dim 2 of (2, 3, 5): 4 is the most",
        () ->
            Functional.conv1d(
                X,
                Tensor.ones(4, 3, 1),
                null,
                Conv1d.options().padding(5).paddingMode(PadMode.REFLECT)));
    calls.put(
        "convTranspose1d: kernels (2, 3, 1) in 1 group do not fit sequences (2, 3, 5)",
        () -> Functional.convTranspose1d(X, Tensor.ones(2, 3, 1)));
    calls.put(
        "convTranspose1d: the result of (2, 3, 5) would have the length -1",
        () ->
            Functional.convTranspose1d(
                X, Tensor.ones(3, 4, 1), null, ConvTranspose1d.options().padding(3)));
    calls.put(
        "maxPool1d: the kernel 7 is larger than the padded sequences (2, 3, 5)",
        () -> Functional.maxPool1d(X, 7));
    calls.put(
        "maxPool1dWithIndices: the padding 2 is more than half the kernel 2",
        () -> Functional.maxPool1dWithIndices(X, 2, MaxPool1d.options(2).padding(2)));
    calls.put("maxPool1d: not defined for bool", () -> Functional.maxPool1d(X.to(DType.BOOL), 2));
    calls.put(
        "avgPool1d: the kernel 7 is larger than the padded sequences (2, 3, 5)",
        () -> Functional.avgPool1d(X, 7));
    calls.put(
        "avgPool1d: the padding 2 is more than half the kernel 2",
        () -> Functional.avgPool1d(X, 2, AvgPool1d.options(2).padding(2)));
    calls.put(
        "avgPool1d: not defined for int32; convert to a floating dtype first",
        () -> Functional.avgPool1d(X.toInt(), 2));
    calls.put(
        "adaptiveAvgPool1d: not defined for int32; convert to a floating dtype first",
        () -> Functional.adaptiveAvgPool1d(X.toInt(), 2));
    calls.put(
        "maxUnpool1d: index 9 is out of range for a dimension of size 5, dim 2 of shape (2, 3, 5)",
        () -> Functional.maxUnpool1d(X, X.toLong().mul(9), 5));
    check(calls);
  }

  @Test
  void functionsOfVolumesSpeakOfVolumes() {
    Tensor volumes = Tensor.ones(1, 2, 3, 3, 3);
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put(
        "maxPool3d: the kernel (1, 1, 4) is larger than the padded volumes (1, 2, 3, 3, 3)",
        () ->
            Functional.maxPool3d(
                volumes, new Triple(1, 1, 4), MaxPool3d.options(new Triple(1, 1, 4))));
    calls.put(
        "conv3d: kernels (4, 2, 1, 4, 1) are larger than padded volumes (1, 2, 3, 3, 3)",
        () -> Functional.conv3d(volumes, Tensor.ones(4, 2, 1, 4, 1)));
    check(calls);
  }

  @Test
  void whatIsMadeOfOthersIsNamed() {
    Tensor flags = Tensor.of(true, false);
    Tensor wide = Tensor.ones(2, 3);
    Tensor other = Tensor.ones(4);
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put("l1Loss", () -> Functional.l1Loss(flags, flags));
    calls.put("mseLoss", () -> Functional.mseLoss(flags, flags));
    calls.put("smoothL1Loss", () -> Functional.smoothL1Loss(flags, flags));
    calls.put("huberLoss", () -> Functional.huberLoss(flags, flags));
    calls.put("klDiv", () -> Functional.klDiv(wide, other));
    calls.put("softMarginLoss", () -> Functional.softMarginLoss(wide, other, Reduction.MEAN));
    calls.put(
        "hingeEmbeddingLoss", () -> Functional.hingeEmbeddingLoss(wide, other, 1, Reduction.MEAN));
    calls.put(
        "poissonNllLoss", () -> Functional.poissonNllLoss(wide, other, PoissonNLLLoss.options()));
    calls.put("cosineSimilarity", () -> Functional.cosineSimilarity(wide, other));
    calls.put("pairwiseDistance", () -> Functional.pairwiseDistance(wide, other));
    calls.put("normalize", () -> Functional.normalize(wide, 3));
    calls.put("softsign", () -> Functional.softsign(flags));
    calls.put("tanhshrink", () -> Functional.tanhshrink(flags));
    calls.put("softmin", () -> Functional.softmin(flags, 0));
    calls.put("glu", () -> Functional.glu(wide, 2));
    calls.put("threshold", () -> Functional.threshold(wide, 0, 1e300));
    calls.put("linear", () -> Functional.linear(wide, wide.toDouble()));
    calls.put("logsumexp", () -> wide.logsumexp(2));
    calls.put("ldexp", () -> wide.ldexp(other));
    calls.put("floatPower", () -> wide.floatPower(other));
    calls.put("argsort", () -> wide.argsort(3));
    calls.put("fullLike", () -> wide.toInt().fullLike(1e300));
    calls.put("hstack", () -> Tensor.hstack(List.of(wide, X)));
    calls.put("selectScatter", () -> wide.selectScatter(other, 3, 0));
    calls.put("sliceScatter", () -> wide.sliceScatter(other, 3, 0, 1, 1));
    calls.put("diagonalScatter", () -> wide.diagonalScatter(other, 0, 1, 1));
    calls.put("nanToNum", () -> wide.nanToNum(1e300));
    calls.put("trapezoid", () -> wide.trapezoid(Tensor.ones(1, 5)));
    calls.forEach(
        (name, call) -> {
          String message = assertThrows(RuntimeException.class, call).getMessage();
          assertEquals(name, message.substring(0, Math.max(0, message.indexOf(':'))), message);
        });
  }

  /** What the function was made of is the cause, whose trace leads to what refused. */
  @Test
  void theCauseIsKept() {
    var error = assertThrows(IllegalArgumentException.class, () -> X.ldexp(Tensor.ones(4)));
    assertEquals("ldexp: shapes (2, 3, 5) and (4,) do not broadcast", error.getMessage());
    assertEquals("mul: shapes (2, 3, 5) and (4,) do not broadcast", error.getCause().getMessage());
  }

  @Test
  @OnCuda
  void lossesBetweenDevicesAreNamed() {
    Tensor here = Tensor.ones(Device.cpu(), DType.FLOAT32, 2);
    Tensor there = Tensor.ones(Device.cuda(0), DType.FLOAT32, 2);
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put("mseLoss", () -> Functional.mseLoss(here, there));
    calls.put("l1Loss", () -> Functional.l1Loss(here, there));
    calls.put("huberLoss", () -> Functional.huberLoss(here, there));
    calls.put("smoothL1Loss", () -> Functional.smoothL1Loss(here, there));
    calls.put("cosineSimilarity", () -> Functional.cosineSimilarity(here, there, 0));
    calls.forEach(
        (name, call) -> {
          String message = assertThrows(RuntimeException.class, call).getMessage();
          assertEquals(name, message.substring(0, Math.max(0, message.indexOf(':'))), message);
        });
  }

  private static void check(Map<String, Executable> calls) {
    calls.forEach(
        (message, call) ->
            assertEquals(message, assertThrows(RuntimeException.class, call).getMessage()));
  }
}
