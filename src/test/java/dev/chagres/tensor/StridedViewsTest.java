package dev.chagres.tensor;

import static dev.chagres.tensor.ArrangementsTest.gradient;
import static dev.chagres.tensor.ArrangementsTest.leaf;
import static dev.chagres.tensor.ArrangementsTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Views by strides, and views of tensors that have gaps or lie transposed. */
@OnEveryDevice
class StridedViewsTest {
  @Test
  void aViewByStridesIsWrittenThrough() {
    Tensor x = leaf(6);
    Tensor y = x.mul(1);
    Tensor view = y.asStrided(new long[] {2, 2}, new long[] {3, 1}, 1);
    view.mul_(10);
    assertArrayEquals(new double[] {1, 20, 30, 4, 50, 60}, y.toDoubleArray());
    y.mul(y).sum().backward();
    gradient(x, 2, 400, 600, 8, 1000, 1200);
  }

  @Test
  void aViewByStridesSeesWritesToItsBase() {
    Tensor x = leaf(4);
    Tensor y = x.mul(1);
    Tensor view = y.asStrided(new long[] {3, 2}, new long[] {1, 1});
    y.mul_(3);
    view.mul(view).sum().backward();
    gradient(x, 18, 72, 108, 72);
  }

  @Test
  void aViewByStridesKnowsNoLayout() {
    Tensor x = leaf(3, 2);
    Tensor part = x.slice(0, 1, 3, 1).t();
    Tensor view = part.asStrided(new long[] {4}, new long[] {1}, 1);
    assertArrayEquals(new double[] {2, 3, 4, 5}, view.toDoubleArray());
    // What the part has no element for is lost on the way through it, as in PyTorch.
    view.backward(Tensor.of(new double[] {1, 10, 100, 1000}, DType.FLOAT64));
    gradient(x, 0, 0, 10, 100, 1000, 0);
    assertEquals(1, part.asStrided(new long[] {1}, new long[] {1}, 0).item());
    assertEquals(3, part.asStrided(new long[] {1}, new long[] {1}).item());
  }

  /** The gradients are those of PyTorch 2.13. */
  @Test
  void elementsThatShareAPlaceShareItsGradient() {
    Tensor x = Tensor.arange(DType.FLOAT64, 0, 3, 1).requiresGrad_();
    Tensor wide = x.expand(2, 3);
    Tensor sum = wide.asStrided(new long[] {2, 2}, new long[] {1, 1}).sum();
    Tensor of = Autograd.grad(sum, wide);
    assertArrayEquals(new double[] {0.5, 1, 0.5, 0.5, 1, 0.5}, of.toDoubleArray());
  }

  @Test
  void secondDerivativesPassViewsByStrides() {
    Tensor x = leaf(6);
    GradCheck.gradgradcheck(
        in -> List.of(in.getFirst().mul(1).asStrided(new long[] {2, 3}, new long[] {2, 1}).exp()),
        List.of(x));
  }

  @Test
  void noElementIsOutsideTheMemory() {
    Tensor x = Tensor.zeros(6);
    long[] two = {2, 2};
    refused("asStrided: ", () -> x.asStrided(two, new long[] {5, 1}, 0));
    refused("asStrided: ", () -> x.asStrided(two, new long[] {1, 1}, 4));
    refused("asStrided: a stride", () -> x.asStrided(two, new long[] {-1, 1}, 3));
    refused("asStrided: the offset", () -> x.asStrided(two, new long[] {1, 1}, -1));
    refused("asStrided: ", () -> x.asStrided(two, new long[] {0, 0}, Long.MAX_VALUE));
    refused(
        "asStrided: strides", () -> x.asStrided(new long[] {1}, new long[] {1}, Long.MAX_VALUE));
    refused("asStrided: there are 1", () -> x.asStrided(two, new long[] {1}, 0));
    refused("asStrided: strides", () -> x.asStrided(two, new long[] {Long.MAX_VALUE, 1}, 1));
    refused("asStrided: ", () -> x.slice(0, 3, 6, 1).asStrided(two, new long[] {2, 1}));
    assertEquals(0, x.asStrided(new long[] {0, 3}, new long[] {1, 1}, 100).numel());
    refused("share memory", () -> x.asStrided(two, new long[] {1, 1}, 0).fill_(1));
    refused(
        "asStridedScatter: ",
        () -> x.asStridedScatter(Tensor.zeros(2, 2), two, new long[] {5, 1}, 0));
    refused(
        "share a place", () -> x.asStridedScatter(Tensor.zeros(2, 2), two, new long[] {1, 1}, 0));
  }

  /** A tensor of its own over a part of a memory, and a view of it that reaches beyond the part. */
  @Test
  void aViewMayReachBeyondItsBase() {
    Tensor memory = Tensor.arange(DType.FLOAT64, 0, 6, 1);
    Tensor base = memory.slice(0, 2, 6, 2).detach();
    Tensor x = leaf(4);
    base.asStrided(new long[] {4}, new long[] {1}, 1).copy_(x);
    assertArrayEquals(new double[] {0, 1, 2, 3, 4, 5}, memory.toDoubleArray());
    base.mul(Tensor.of(new double[] {7, 9}, DType.FLOAT64)).sum().backward();
    gradient(x, 0, 7, 0, 9);
  }

  // ---- views of tensors that have gaps or lie transposed

  /** The transpose in a tensor that lies transposed and is a base of views of its own. */
  private static Tensor transposed(Tensor x) {
    Tensor y = x.detach().clone().t().detach();
    assertFalse(y.isContiguous());
    return y.copy_(x.t());
  }

  @Test
  void secondDerivativesPassWritesIntoViewsOfTransposedTensors() {
    GradCheck.gradgradcheck(
        in -> {
          Tensor y = transposed(in.getFirst().exp());
          y.select(0, 1).mul_(in.get(1));
          return List.of(y.mul(y));
        },
        List.of(leaf(2, 3).mul(0.1).detach().requiresGrad_(), leaf(2)));
  }

  @Test
  void overlappingViewsOfTransposedTensorsAddUp() {
    Tensor x = leaf(2, 3);
    Tensor y = transposed(x);
    Tensor windows = y.unfold(0, 2, 1);
    y.mul_(2);
    windows.sum().backward();
    gradient(x, 2, 4, 2, 2, 4, 2);
  }
}
