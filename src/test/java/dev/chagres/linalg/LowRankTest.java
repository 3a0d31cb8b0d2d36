package dev.chagres.linalg;

import static dev.chagres.tensor.Keep.KEEPDIM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Approximations of low rank, with the numbers of PyTorch 2.13. */
@OnEveryDevice
class LowRankTest {
  /** A matrix of ten rows, of rank 6. */
  private static Tensor matrix() {
    Tensor i = Tensor.arange(DType.FLOAT64, 0, 60, 1);
    Tensor numbers = i.mul(i).mul(i).mul(7).add(i.mul(3)).remainder(11).sub(5);
    return numbers.reshape(10, 6).clone();
  }

  private static Tensor product(Svd svd) {
    return svd.u().mul(svd.s().unsqueeze(-2)).matmul(svd.vh());
  }

  private static void near(Svd found, double element, double... values) {
    assertArrayEquals(values, found.s().toDoubleArray(), 1e-10);
    assertEquals(element, product(found).get(1, 2).item(), 1e-10);
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void valuesArePyTorchs() {
    Tensor a = matrix();
    Chagres.manualSeed(42);
    Svd three = Linalg.svdLowrank(a, 3, 1);
    near(three, -1.622338175385243, 18.21793418250887, 16.386412854814093, 12.24447244123486);
    assertEquals(Shape.of(10, 3), three.u().shape());
    assertEquals(Shape.of(3, 6), three.vh().shape());
    Chagres.manualSeed(42);
    Svd wide = Linalg.svdLowrank(a.mT(), 2, 0);
    near(wide, -0.9658685226803698, 17.774753664032932, 14.060269496465496);
    assertEquals(Shape.of(6, 2), wide.u().shape());
    assertEquals(Shape.of(2, 10), wide.vh().shape());
    Chagres.manualSeed(42);
    near(Linalg.pcaLowrank(a, 2), 0.008003874317695892, 18.18170420588058, 16.361412511924662);
    Chagres.manualSeed(42);
    Tensor means = Tensor.of(1, 0, -1, 2, 0, 3).to(DType.FLOAT64);
    near(
        Linalg.svdLowrank(a, means, 2, 1),
        1.4830566372355412,
        20.077258541335087,
        17.440986427349163);
  }

  @Test
  void lowRanksAreExact() {
    Tensor a = matrix();
    Svd all = Linalg.svdLowrank(a);
    assertTrue(product(all).allclose(a, 1e-10, 1e-10));
    assertArrayEquals(Linalg.svdvals(a).toDoubleArray(), all.s().toDoubleArray(), 1e-10);
    Tensor batch = a.view(2, 5, 6);
    Svd parts = Linalg.pcaLowrank(batch);
    assertEquals(Shape.of(2, 5), parts.s().shape());
    assertTrue(product(parts).allclose(batch.sub(batch.mean(KEEPDIM, -2)), 1e-10, 1e-10));
    assertEquals(0, Linalg.svdLowrank(a, 0).s().numel());
    assertEquals(Shape.of(4, 3), Linalg.svdLowrank(a.narrow(0, 0, 4).narrow(1, 0, 3)).u().shape());
  }

  @Test
  void valuesHaveGradients() {
    GradCheck.gradcheck(
        in -> {
          Chagres.manualSeed(3);
          return List.of(Linalg.svdLowrank(in.getFirst(), 2, 1).s());
        },
        List.of(matrix().mul(0.1).requiresGrad_()));
  }

  @Test
  void wrongRanksAreRefused() {
    Tensor a = matrix();
    LinalgErrorsTest.refuses("svdLowrank: -1 dimensions", () -> Linalg.svdLowrank(a, -1));
    LinalgErrorsTest.refuses("svdLowrank: 2 dimensions and -1", () -> Linalg.svdLowrank(a, 2, -1));
    LinalgErrorsTest.refuses(
        "svdLowrank: up to 1000 iterations", () -> Linalg.svdLowrank(a, 2, Integer.MAX_VALUE));
    LinalgErrorsTest.refuses("pcaLowrank: matrices", () -> Linalg.pcaLowrank(a, 7));
    LinalgErrorsTest.refuses("pcaLowrank: -1 dimensions", () -> Linalg.pcaLowrank(a, -1));
    LinalgErrorsTest.refuses(
        "pcaLowrank: not defined for int64", () -> Linalg.pcaLowrank(a.toLong()));
    LinalgErrorsTest.refuses(
        "svdLowrank: sizes do not match", () -> Linalg.svdLowrank(a, a.expand(2, 10, 6), 1, 1));
    LinalgErrorsTest.refuses(
        "svdLowrank: sizes do not match", () -> Linalg.svdLowrank(a, a.mT(), 1, 1));
  }
}
