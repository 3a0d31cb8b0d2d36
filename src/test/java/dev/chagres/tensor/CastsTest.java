package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Conversions of every dtype to every other, bit for bit as PyTorch's. */
@OnEveryDevice
class CastsTest {
  private static final GoldenFile GOLDEN = GoldenFile.open("casts.safetensors");

  @Test
  void everyDtypeBecomesEveryOther() {
    List<String> wrong = new ArrayList<>();
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        String pair = from + " " + to + " ";
        Tensor x = GOLDEN.get(pair + "x");
        Tensor y = GOLDEN.get(pair + "y");
        assertEquals(from, x.dtype());
        assertTrue(x.numel() >= 3, pair);
        compare(pair + "in order: ", x, x.to(to), y, wrong);
        // Elements apart take another loop.
        Tensor apart = Tensor.zeros(from, x.numel(), 3).select(1, 1).copy_(x);
        compare(pair + "apart: ", x, apart.to(to), y, wrong);
        Tensor target = Tensor.zeros(to, x.numel(), 2).select(1, 0).copy_(x);
        compare(pair + "copied: ", x, target.contiguous(), y, wrong);
        for (long i = 0; i < x.numel(); i++) {
          Tensor one = x.narrow(0, i, 1);
          compare(pair + "alone: ", one, one.to(to), y.narrow(0, i, 1), wrong);
        }
      }
    }
    assertTrue(wrong.isEmpty(), () -> wrong.size() + ": " + String.join("\n", wrong));
  }

  private static void compare(String what, Tensor x, Tensor found, Tensor y, List<String> wrong) {
    assertEquals(y.dtype(), found.dtype());
    MemorySegment ours = found.contiguous().readOnlySegment();
    MemorySegment theirs = y.contiguous().readOnlySegment();
    int size = y.dtype().size();
    for (long i = 0; i < x.numel(); i++) {
      boolean nan = y.dtype().isFloating() && Double.isNaN(y.get(i).item());
      boolean same =
          nan
              ? Double.isNaN(found.get(i).item())
              : ours.asSlice(i * size, size).mismatch(theirs.asSlice(i * size, size)) < 0;
      if (!same) {
        wrong.add(what + x.get(i) + " became " + found.get(i) + ", not " + y.get(i));
      }
    }
  }
}
