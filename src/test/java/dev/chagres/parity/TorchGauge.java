package dev.chagres.parity;

import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What a decomposition leaves open: the sign of a singular or eigenvector, and, of vectors that
 * belong to no singular value, all but the space that they span. Results are turned as PyTorch's
 * are, by constants, so that gradients of theirs are gradients of ours.
 */
final class TorchGauge {
  private TorchGauge() {}

  /** Returns the results as near to what is expected as what is left open allows. */
  static List<Tensor> turned(String op, List<Tensor> expected, List<Tensor> got) {
    boolean fits = expected.size() == got.size();
    for (int i = 0; fits && i < got.size(); i++) {
      fits = expected.get(i).shape().equals(got.get(i).shape());
    }
    if (!fits) {
      return got;
    }
    List<Tensor> turned = new ArrayList<>(got);
    switch (op) {
      case "linalg.eigh" -> {
        Tensor signs = signs(expected.get(1), got.get(1));
        turned.set(1, columns(expected.get(1), got.get(1), signs));
      }
      case "linalg.svd" -> {
        Tensor signs = signs(expected, got);
        turned.set(0, columns(expected.get(0), got.get(0), signs));
        turned.set(2, columns(expected.get(2).mT(), got.get(2).mT(), signs).mT());
      }
      case "svd" -> {
        Tensor signs = signs(expected, got);
        turned.set(0, columns(expected.get(0), got.get(0), signs));
        turned.set(2, columns(expected.get(2), got.get(2), signs));
      }
      default -> {}
    }
    return turned;
  }

  /** Returns the results without the vectors of no singular value, which have no derivative. */
  static List<Tensor> settled(String op, List<Tensor> results) {
    if (!op.equals("svd") && !op.equals("linalg.svd")) {
      return results;
    }
    long count = results.get(1).size(-1);
    Tensor v = results.get(2);
    Tensor within = op.equals("svd") ? first(v, count) : v.narrow(-2, 0, count);
    return List.of(first(results.get(0), count), results.get(1), within);
  }

  private static Tensor signs(List<Tensor> expected, List<Tensor> got) {
    long count = got.get(1).size(-1);
    return signs(first(expected.get(0), count), first(got.get(0), count));
  }

  /** Which columns point the same way as PyTorch's, as 1, and which the other, as -1. */
  private static Tensor signs(Tensor expected, Tensor got) {
    Tensor products = expected.to(got.device()).mul(got.detach()).sum(-2);
    return products.ge(0).to(got.dtype()).mul(2).sub(1);
  }

  private static Tensor first(Tensor x, long count) {
    return x.narrow(-1, 0, count);
  }

  /** Columns with these signs; those that are left over are turned within their space. */
  private static Tensor columns(Tensor expected, Tensor got, Tensor signs) {
    long count = signs.size(-1);
    long left = got.size(-1) - count;
    Tensor turned = first(got, count).mul(signs.unsqueeze(-2));
    if (left == 0) {
      return turned;
    }
    Tensor rest = got.narrow(-1, count, left);
    Tensor turn = rest.detach().mT().matmul(expected.to(got.device()).narrow(-1, count, left));
    return Tensor.cat(List.of(turned, rest.matmul(turn)), -1);
  }
}
