package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.AutocastFunction;
import java.util.ArrayList;
import java.util.List;

/** The product of several matrices, in the order with the fewest multiplications. */
final class MatrixChain {
  private final String name;
  private final List<Tensor> matrices;
  private final int[][] splits;

  private MatrixChain(String name, List<Tensor> matrices) {
    this.name = name;
    this.matrices = matrices;
    this.splits = new int[matrices.size()][matrices.size()];
  }

  static Tensor product(String name, Iterable<? extends Tensor> tensors) {
    List<Tensor> matrices = new ArrayList<>();
    for (Tensor tensor : tensors) {
      if (given(name, "a tensor", tensor).dim() != 2) {
        throw new IllegalArgumentException(name + ": needs matrices, not shape " + tensor.shape());
      }
      if (!matrices.isEmpty()) {
        Tensor last = matrices.getLast();
        Matrices.checkInner(name, last, Autocast.cast(AutocastFunction.CHAIN_MATMUL, tensor));
      }
      matrices.add(Autocast.cast(AutocastFunction.CHAIN_MATMUL, tensor));
    }
    if (matrices.isEmpty()) {
      throw new IllegalArgumentException(name + ": there are no matrices");
    }
    MatrixChain chain = new MatrixChain(name, matrices);
    chain.plan();
    return chain.product(0, matrices.size() - 1);
  }

  /** Finds where to split each part of the chain (Cormen et al., chapter 15). */
  private void plan() {
    int count = matrices.size();
    double[][] costs = new double[count][count];
    for (int length = 1; length < count; length++) {
      for (int from = 0; from + length < count; from++) {
        int to = from + length;
        costs[from][to] = Double.POSITIVE_INFINITY;
        for (int split = from; split < to; split++) {
          double cost =
              costs[from][split]
                  + costs[split + 1][to]
                  + (double) matrices.get(from).size(0)
                      * matrices.get(split).size(1)
                      * matrices.get(to).size(1);
          if (cost < costs[from][to]) {
            costs[from][to] = cost;
            splits[from][to] = split;
          }
        }
      }
    }
  }

  private Tensor product(int from, int to) {
    if (from == to) {
      return matrices.get(from);
    }
    int split = splits[from][to];
    return Matrices.product(name, product(from, split), product(split + 1, to));
  }
}
