package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** Copies, and operands that are broadcast, transposed or strided. */
final class Layouts {

  private Layouts() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("copy", WITH.one(Tensor::clone))
        .add("copy, into out", WITH.two((x, y) -> y.copy_(x)))
        .add("copy transposed", WITH.one(x -> x.t().contiguous()))
        .add("copy channels last", WITH.one(x -> x.permute(0, 2, 3, 1).contiguous()))
        .add("copy every second", every(2, x -> x.contiguous()))
        .add("cat", WITH.two((x, y) -> Tensor.cat(List.of(x, y), 0)))
        .add("cat columns", WITH.two((x, y) -> Tensor.cat(List.of(x, y), 1)))
        .add("add a row", s -> added(signed(1, s), signed(2, s[1])))
        .add("add a column", s -> added(signed(1, s), signed(2, s[0], 1)))
        .add("add a row to a column", s -> added(signed(1, s[0], 1), signed(2, s[1])))
        .add("add transposed", s -> added(signed(1, s), signed(2, s[1], s[0]).t()))
        .add("add two transposed", s -> added(signed(1, s).t(), signed(2, s).t()))
        .add("add every second", every(2, x -> x.add(x)))
        .add("exp of every second", every(2, Tensor::exp))
        .add(
            "exp of a part of the columns",
            s -> {
              var part = signed(1, s[0], 2 * s[1]).narrow(1, 1, s[1]);
              return part::exp;
            });
  }

  private static Task<Tensor> added(Tensor x, Tensor y) {
    return () -> x.add(y);
  }

  /** Runs an operation on every nth element of one dimension. */
  private static Recipe<Tensor> every(int n, UnaryOperator<Tensor> operation) {
    return s -> {
      var x = signed(1, n * s[0]).at("::" + n);
      return () -> operation.apply(x);
    };
  }
}
