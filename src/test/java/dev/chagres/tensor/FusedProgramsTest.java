package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fused functions have the elements of the functions themselves, to the bit. */
class FusedProgramsTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void aFusedProgramHasTheSameElements(int block) {
    int computed = 0;
    for (int seed = 1000 * block; seed < 1000 * block + 250; seed++) {
      try (var _ = Scope.open()) {
        computed += FusedPrograms.check(FusedPrograms.sample(seed), seed) ? 1 : 0;
      }
    }
    assertTrue(computed > 120, () -> "most programs compute something");
  }

  @Test
  void manyElementsAreSharedAmongThreadsAndTiles() {
    Chagres.manualSeed(7);
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16)) {
      Tensor x = Tensor.randn(DType.FLOAT32, 700, 1001).to(dtype);
      Tensor row = Tensor.randn(DType.FLOAT32, 1001).to(dtype);
      Tensor turned = Tensor.randn(DType.FLOAT32, 1001, 700).to(dtype).t();
      Fused.Ternary function = (a, b, c) -> Tensor.where(a.gt(b), a.exp().add(c), b.mul(c).tanh());
      Tensor y = Fused.of(function).apply(x, row, turned);
      assertEquals(dtype, y.dtype());
      Tensor expected =
          function.apply(x.to(wide(dtype)), row.to(wide(dtype)), turned.to(wide(dtype)));
      assertTrue(y.equal(expected.to(dtype)), dtype::toString);
    }
  }

  private static DType wide(DType dtype) {
    return dtype == DType.FLOAT16 ? DType.FLOAT32 : dtype;
  }
}
