package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What errors say, to the end: the numbers that were given, and what to do. */
@OnEveryDevice(blocking = true)
class ErrorTextsTest {
  private static final Tensor X = Tensor.ones(2, 3);

  @Test
  void errorsTeach() {
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put("rsub: not defined for bool", () -> Tensor.of(true, false).rsub(X));
    calls.put("mvlgamma: not defined for bool", () -> Tensor.of(true, false).mvlgamma(1));
    calls.put("gradient: the order of edges is 1 or 2, not 3", () -> EdgeOrder.of(3));
    calls.put(
        "lengths: a dimension is needed, for the segments",
        () -> Segments.lengths(Tensor.scalar(1L)));
    calls.put("device: 'cuda:one' has no device index", () -> Device.of("cuda:one"));
    calls.put("a shape has at most 64 dimensions, not 65", () -> Shape.of(new long[65]));
    calls.put(
        "dist: not defined for int64; convert to a floating dtype first",
        () -> Tensor.of(1L, 2).dist(Tensor.of(1L, 2)));
    calls.put(
        "repeatInterleave: the 3 positions of dim 1 need one count each, not int64 (2,)",
        () -> X.repeatInterleave(Tensor.of(1L, 2), 1));
    calls.put(
        "repeatInterleave: a count may not be negative: -1",
        () -> X.repeatInterleave(Tensor.of(1L, -1, 0), 1));
    calls.put(
        "softmax: not defined for int64; convert to a floating dtype first, or call softmax(dim,"
            + " DType.FLOAT32)",
        () -> Tensor.of(1L, 2).softmax(0));
    calls.put(
        "logSoftmax: not defined for bool; convert to a floating dtype first, or call"
            + " logSoftmax(dim, DType.FLOAT32)",
        () -> Tensor.of(true).logSoftmax(0));
    calls.put(
        "on: autocast is to float16 or bfloat16, not float32; off(device) ends it",
        () -> Autocast.on(Device.cpu(), DType.FLOAT32));
    calls.put(
        "run: autocast is to float16 or bfloat16, not float32; off(device) ends it",
        () -> Autocast.run(Device.cpu(), DType.FLOAT32, () -> X));
    calls.put("sum: dim -1 is there twice in [1, -1]", () -> X.sum(1, -1));
    calls.put("multinomial: not defined for int64", () -> Tensor.of(1L, 2).multinomial(1));
    calls.put(
        "cdist: leading sizes do not broadcast, (2, 1, 3) and (3, 1, 3)",
        () -> Tensor.ones(2, 1, 3).cdist(Tensor.ones(3, 1, 3)));
    calls.put(
        "insert: dim 3 is out of range to insert one into shape (2,)",
        () -> Shape.of(2).insert(3, 1));
    calls.put(
        "view: shape (6,) would need a copy of shape (3, 2), strides [1, 3], offset 0; use reshape",
        () -> X.t().view(6));
    calls.forEach(
        (message, call) ->
            assertEquals(message, assertThrows(RuntimeException.class, call).getMessage()));
  }

  @Test
  void whatWasWrittenToIsNamedWithItsVersions() {
    Tensor x = Tensor.ones(DType.FLOAT32, 2).requiresGrad_();
    Tensor y = x.exp();
    y.detach().add_(1);
    String message =
        assertThrows(IllegalStateException.class, () -> y.sum().backward()).getMessage();
    String end =
        " was modified by an operation in place: it is at version 1, but version 0 was used;"
            + " clone() it before writing to it";
    assertEquals(end, message.substring(message.indexOf(" was modified")));
  }
}
