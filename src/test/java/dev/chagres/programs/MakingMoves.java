package dev.chagres.programs;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** New tensors, casts, copies, and scopes that take tensors with them. */
final class MakingMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          MakingMoves::create,
          MakingMoves::create,
          MakingMoves::cast,
          MakingMoves::copy,
          MakingMoves::openScope,
          MakingMoves::closeScope,
          MakingMoves::closed);

  private MakingMoves() {}

  static void create(Program p) {
    long[] sizes = new long[p.below(4)];
    Arrays.setAll(sizes, _ -> p.once(12) ? 0 : 1 + p.below(p.isSmooth() ? 3 : 4));
    if (sizes.length > 0 && sizes.length <= 2 && p.once(8) && !p.isSmooth()) {
      sizes[p.below(sizes.length)] = 1 + p.below(40); // more than a vector register holds
    }
    of(p, p.isSmooth() ? DType.FLOAT64 : p.among(Meaning.DTYPES), sizes);
  }

  /** A new tensor with numbers that its dtype holds. */
  static Live of(Program p, DType dtype, long... sizes) {
    return p.create(dtype, sizes, numbers(p, dtype, Indices.numel(sizes)));
  }

  static double[] numbers(Program p, DType dtype, int count) {
    double[] values = new double[count];
    Arrays.setAll(
        values,
        _ ->
            switch (dtype) {
              case BOOL -> p.below(2);
              case UINT8 -> p.below(10);
              default ->
                  p.isSmooth() ? Math.rint(p.random().nextGaussian() * 1e4) / 1e4 : p.below(19) - 9;
            });
    return values;
  }

  private static void cast(Program p) {
    Live x = p.among(p.live());
    if (p.isSmooth()) {
      return;
    }
    DType dtype = p.among(Meaning.DTYPES);
    boolean same = dtype == x.tensor().dtype();
    p.make(x + ".to(" + dtype + ")", dtype, x, t -> t.to(dtype), m -> same ? m : m.copy());
  }

  private static void copy(Program p) {
    Live x = p.among(p.live());
    p.make(x + ".clone()", x.tensor().dtype(), x, Tensor::clone, Plain::copy);
  }

  private static void openScope(Program p) {
    if (p.scopes().size() < 4 && !p.isSmooth()) {
      p.note("open a scope");
      p.scopes().push(Scope.open());
    }
  }

  private static void closeScope(Program p) {
    if (p.scopes().isEmpty()) {
      return;
    }
    p.note("close the scope");
    int depth = p.scopes().size();
    Live kept = p.once(2) ? p.find(one -> one.depth() == depth) : null;
    if (kept != null) {
      p.note("and keep " + kept);
      p.scopes().peek().keep(kept.tensor());
      p.live().replaceAll(one -> one.shares(kept) ? one.at(depth - 1) : one);
    }
    List<Live> gone = p.live().stream().filter(one -> one.depth() == depth).toList();
    p.live().removeAll(gone);
    p.scopes().pop().close();
    for (Live one : gone) {
      if (one.model().numel() > 0) {
        assertTrue(one.tensor().storage().isFreed(), () -> one + " is not freed");
        assertThrows(IllegalStateException.class, () -> one.tensor().eq(1));
        assertThrows(RuntimeException.class, () -> one.tensor().fill_(1));
      }
    }
    p.checkAll();
  }

  /** What a closed scope took cannot be used, and says so. */
  private static void closed(Program p) {
    Tensor lost;
    try (Scope _ = Scope.open()) {
      lost = Tensor.ones(DType.FLOAT64, 2, 2);
    }
    Live x = p.among(p.live());
    Exception e = assertThrows(IllegalStateException.class, () -> lost.eq(x.tensor().sum()));
    assertTrue(e.getMessage().contains("use after close"), e.getMessage());
  }
}
