package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.testing.OnCuda;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Elementwise results lie on a GPU as they do on the CPU, and so do tensors that move there. */
@OnCuda
class CudaKeptLayoutsTest {
  private static final Device GPU = Device.cuda(0);

  @Test
  void resultsLieAsTheOperandsDo() throws IOException {
    List<String> failures = new ArrayList<>();
    for (String line : KeptLayoutsTest.lines().toList()) {
      try {
        KeptLayoutsTest.check(GPU, line);
      } catch (AssertionError e) {
        failures.add(line + ": " + e.getMessage());
      }
    }
    assertTrue(failures.isEmpty(), () -> failures.size() + ":\n" + String.join("\n", failures));
  }

  @Test
  void longResults() {
    KeptLayoutsTest.longResults(GPU, 700 * 30);
  }

  /** Through gaps and repetitions too, there and back, in one dtype as in another. */
  @Test
  void movedTensorsLieAsClonesDo() {
    Tensor x = Tensor.arange(2 * 3 * 4 * 5).view(2, 3, 4, 5);
    List<Tensor> views =
        List.of(
            x,
            x.permute(0, 2, 3, 1),
            x.permute(3, 1, 0, 2).narrow(1, 1, 2),
            x.slice(3, 0, 5, 2).transpose(0, 2),
            x.narrow(1, 0, 1).transpose(0, 3).expand(5, 3, 4, 2),
            x.select(0, 1).permute(2, 0, 1));
    for (Tensor view : views) {
      long[] strides = view.clone().stride();
      Tensor there = view.to(GPU);
      assertArrayEquals(strides, there.stride());
      assertArrayEquals(strides, there.clone().stride());
      assertArrayEquals(strides, there.cpu().stride());
      assertArrayEquals(strides, there.to(DType.FLOAT64).stride());
      assertArrayEquals(strides, view.zerosLike(GPU).stride());
      assertArrayEquals(strides, view.onesLike(GPU).stride());
      assertTrue(there.clone().cpu().equal(view));
      assertTrue(there.clone().contiguous().cpu().equal(view));
      assertTrue(there.to(DType.FLOAT64).cpu().equal(view.toDouble()));
      assertTrue(view.onesLike(GPU).cpu().equal(view.onesLike()));
      Tensor written = there.emptyLike();
      written.copy_(view);
      assertTrue(written.cpu().equal(view));
    }
    Layout layout = x.permute(0, 2, 3, 1).to(GPU).layout();
    assertTrue(layout.isGapless() && !layout.isContiguous());
  }
}
