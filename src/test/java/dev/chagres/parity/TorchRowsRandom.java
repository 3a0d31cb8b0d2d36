package dev.chagres.parity;

import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.INT64;
import static dev.chagres.parity.TorchRows.row;

import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The rows of random numbers. Each case starts from PyTorch's seed, so values are compared too. */
final class TorchRowsRandom {
  private TorchRowsRandom() {}

  static void add() {
    row("normal", "Tensor.normal, normal_", TorchRowsRandom::normal);
    row(
        "uniform",
        "Tensor.uniform_",
        a -> a.self().clone().uniform_(real(a, "from", 0), real(a, "to", 1)));
    row(
        "exponential",
        "Tensor.exponential_",
        a -> a.self().clone().exponential_(real(a, "lambd", 1)));
    row("geometric", "Tensor.geometric_", a -> a.self().clone().geometric_(real(a, "p", 1)));
    row(
        "log_normal",
        "Tensor.logNormal_",
        a -> a.self().clone().logNormal_(real(a, "mean", 1), real(a, "std", 2)));
    row(
        "cauchy",
        "Tensor.cauchy_",
        a -> a.self().clone().cauchy_(real(a, "median", 0), real(a, "sigma", 1)));
    row(
        "multinomial",
        "Tensor.multinomial",
        a -> {
          long count = a.number("num_samples").longValue();
          return a.flag("replacement")
              ? a.self().multinomial(count, Replacement.WITH_REPLACEMENT)
              : a.self().multinomial(count);
        });
    row(
        "randint",
        "Tensor.randint",
        a -> {
          long low = a.number("low", 0L).longValue();
          long high = a.number("high").longValue();
          return Tensor.randint(a.dtype(INT64), low, high, a.longs("size"));
        });
    row(
        "randint_like",
        "Tensor.randintLike",
        a -> {
          Tensor model = a.self();
          long low = a.number("low", 0L).longValue();
          return model.randintLike(a.dtype(model.dtype()), low, a.number("high").longValue());
        });
  }

  private static double real(TorchArguments a, String name, double otherwise) {
    return a.number(name, otherwise).doubleValue();
  }

  /** Of two tensors, of one and a number, of two numbers and a size, or in place. */
  private static Tensor normal(TorchArguments a) {
    Object first = a.get(a.name(0));
    Object second = a.get(a.name(1));
    boolean inPlace = first instanceof Tensor && a.all().size() > 2;
    if (inPlace) {
      // Its numbers come by position.
      double std = a.number(a.name(2)).doubleValue();
      return a.self().clone().normal_(number(second), std);
    } else if (first instanceof Tensor mean) {
      return second instanceof Tensor std
          ? Tensor.normal(mean, std)
          : Tensor.normal(mean, number(second));
    } else if (second instanceof Tensor mean) {
      // The function of this variant takes the deviation first.
      return Tensor.normal(mean, number(first));
    }
    return Tensor.normal(a.dtype(FLOAT32), number(second), number(first), a.longs("size"));
  }

  private static double number(@Nullable Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new NotThereException("neither a tensor nor a number");
  }
}
