package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** Norms of vectors, and of what lies between them. */
final class Distances {
  private Distances() {}

  static Tensor normalize(Tensor x, double p, int dim, double eps) {
    given("normalize", "input", x);
    return x.div(x.norm(p, Keep.KEEPDIM, dim).clampMin(eps));
  }

  static Tensor cosineSimilarity(Tensor first, Tensor second, int dim, double eps) {
    String name = "cosineSimilarity";
    given(name, "x", first);
    given(name, "y", second);
    DType dtype = Tensor.promoteTypes(first.dtype(), second.dtype());
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(name + ": needs a floating dtype, not " + dtype);
    }
    Tensor a = first.to(dtype);
    Tensor b = second.to(dtype);
    var both = Tensor.broadcastTensors(List.of(a, b));
    Tensor x = both.get(0);
    Tensor y = both.get(1);
    Tensor u = x.div(length(x, dim, eps));
    Tensor v = y.div(length(y, dim, eps));
    return u.mul(v).sum(dim);
  }

  /** The norms, with gradients, of at least eps. */
  private static Tensor length(Tensor x, int dim, double eps) {
    return x.norm(2, Keep.KEEPDIM, dim).clampMin(eps);
  }

  static Tensor pairwiseDistance(Tensor x, Tensor y, double p, double eps, Keep keep) {
    String name = "pairwiseDistance";
    given(name, "x", x);
    given(name, "y", y);
    return between(name, x, y, p, eps, given(name, "keep", keep));
  }

  /** The same for a function of this name. */
  static Tensor between(String name, Tensor x, Tensor y, double p, double eps, Keep keep) {
    Tensor difference = x.sub(y).add(eps);
    if (difference.dim() == 0) {
      throw new IllegalArgumentException(name + ": needs vectors, not numbers");
    }
    return difference.norm(p, keep, -1);
  }
}
