package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.benchmarks.side.Inputs.below;
import static dev.chagres.benchmarks.side.Inputs.signed;
import static dev.chagres.core.DType.FLOAT32;

import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import java.util.function.BinaryOperator;

/** Gathering and scattering, sorting, and sums from the beginning. */
final class Indexing {

  /** Has no divisor in common with a power of ten. */
  private static final long STRIDE = 618_033;

  private Indexing() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("gather", at((x, i) -> x.gather(0, i)))
        .add("index by a tensor", at((x, i) -> x.index(Index.of(i))))
        .add("scatter add", at((x, i) -> x.scatterAdd(0, i, x)))
        .add("gather along rows", alongRows((x, i) -> x.gather(1, i)))
        .add("scatter along rows", Indexing::scatterAlongRows)
        .add("scatter add along rows", alongRows((x, i) -> x.scatterAdd(1, i, x)))
        .add(
            "scatter add rows by an expanded index",
            rows((x, i) -> x.scatterAdd(0, i.unsqueeze(1).expandAs(x), x)))
        .add("index select rows", rows((x, i) -> x.indexSelect(0, i)))
        .add("index add rows", rows((x, i) -> x.indexAdd(0, i, x)))
        .add("masked select", WITH.one(x -> x.maskedSelect(x.gt(0))))
        .add("sort", WITH.one(x -> x.sort().values()))
        .add("sort rows", WITH.one(x -> x.sort(1).values()))
        .add(
            "argsort",
            s -> {
              var x = distinct(s[0]);
              return x::argsort;
            })
        .add("topk", WITH.one(x -> x.topk(10).values()))
        .add("topk of rows", WITH.one(x -> x.topk(10, 1).values()))
        .add("cumsum", WITH.one(x -> x.cumsum(0)))
        .add("cumsum of rows", WITH.one(x -> x.cumsum(1)))
        .add("cumsum of columns", WITH.one(x -> x.cumsum(0)));
  }

  /** Whole numbers, each once, so that there is but one order. */
  private static Tensor distinct(long count) {
    return Tensor.arange(count).mul(STRIDE).remainder(count).to(FLOAT32);
  }

  /** An operation on one dimension, with as many positions in it. */
  private static Recipe<Tensor> at(BinaryOperator<Tensor> operation) {
    return s -> {
      var x = signed(1, s);
      var index = below(2, s[0], s);
      return () -> operation.apply(x, index);
    };
  }

  /** An operation along rows, with a position for each element. */
  private static Recipe<Tensor> alongRows(BinaryOperator<Tensor> operation) {
    return s -> {
      var x = signed(1, s);
      var index = below(2, s[1], s);
      return () -> operation.apply(x, index);
    };
  }

  /** Each row in an order of its own: every position has one source. */
  private static Task<Tensor> scatterAlongRows(long... s) {
    var x = signed(1, s);
    var index = below(2, s[1], s).argsort(1);
    return () -> x.scatter(1, index, x);
  }

  /** An operation on rows, with as many positions of rows. */
  private static Recipe<Tensor> rows(BinaryOperator<Tensor> operation) {
    return s -> {
      var x = signed(1, s);
      var index = below(2, s[0], s[0]);
      return () -> operation.apply(x, index);
    };
  }
}
