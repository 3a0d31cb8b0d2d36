package dev.chagres.linalg;

import dev.chagres.core.DType;
import dev.chagres.core.Transposed;
import dev.chagres.primitive.Factorizations;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The exponential of matrices by scaling, a Padé approximant and squaring: Higham, "The scaling and
 * squaring method for the matrix exponential revisited" (2005), of whose table 2.3 the bounds and
 * coefficients are. The gradient is the upper right block of the exponential of {@code [A^T, G; 0,
 * A^T]} (Mathias, "A chain rule for matrix functions and applications", 1996).
 */
final class LinalgMatrixExp extends Function {
  /** Up to which norm an approximant is exact to rounding, 2^-53. */
  private static final double[] FLOAT64 = {
    1.495585217958292e-2,
    2.539398330063230e-1,
    9.504178996162932e-1,
    2.097847961257068,
    5.371920351148152
  };

  /** The same for a rounding of 2^-24. */
  private static final double[] FLOAT32 = {
    4.258730016922831e-1, 1.880152677804762, 3.925724783138660
  };

  /** The coefficients of numerator and denominator for each of these bounds. */
  private static final double[][] COEFFICIENTS = {
    {120, 60, 12, 1},
    {30240, 15120, 3360, 420, 30, 1},
    {17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1},
    {17643225600.0, 8821612800.0, 2075673600.0, 302702400, 30270240, 2162160, 110880, 3960, 90, 1},
    {
      64764752532480000.0,
      32382376266240000.0,
      7771770303897600.0,
      1187353796428800.0,
      129060195264000.0,
      10559470521600.0,
      670442572800.0,
      33522128640.0,
      1323241920,
      40840800,
      960960,
      16380,
      182,
      1
    }
  };

  @Override
  protected List<Tensor> forward(Context context, List<Tensor> inputs) {
    Tensor a = inputs.get(0);
    context.saveForBackward(a);
    return List.of(a.numel() == 0 ? a.clone() : exponential(a));
  }

  private static Tensor exponential(Tensor a) {
    double[] bounds = a.dtype() == DType.FLOAT32 ? FLOAT32 : FLOAT64;
    Tensor norms = a.abs().sum(-2).amax(-1).to(DType.FLOAT64);
    Tensor finite = norms.maskedFill(norms.isfinite().logicalNot(), 0);
    double greatest = finite.amax().item();
    int degree = 0;
    while (degree < bounds.length - 1 && greatest > bounds[degree]) {
      degree++;
    }
    Tensor halvings = finite.div(bounds[degree]).log2().ceil().clampMin(0);
    Tensor scale = halvings.neg().exp2().to(a.dtype());
    Tensor result = approximant(a.mul(Matrix.forMatrices(scale)), COEFFICIENTS[degree]);
    long squarings = (long) halvings.amax().item();
    for (long i = 0; i < squarings; i++) {
      result = Tensor.where(Matrix.forMatrices(halvings.gt(i)), result.matmul(result), result);
    }
    // The approximant of what is not finite divides as it likes.
    return result.maskedFill(Matrix.forMatrices(norms.isfinite().logicalNot()), Double.NaN);
  }

  /** {@code (V - U)^-1 (V + U)} for the even powers' sum V and the odd powers' sum U. */
  private static Tensor approximant(Tensor a, double... b) {
    Tensor square = a.matmul(a);
    Tensor identity = Matrix.identity(a, a.size(-1));
    Tensor even;
    Tensor odd;
    if (b.length == 14) {
      Tensor fourth = square.matmul(square);
      Tensor sixth = fourth.matmul(square);
      Tensor highEven = sum(sixth, b[12], fourth, b[10], square, b[8]);
      Tensor highOdd = sum(sixth, b[13], fourth, b[11], square, b[9]);
      even =
          sixth
              .matmul(highEven)
              .add(sum(sixth, b[6], fourth, b[4], square, b[2]))
              .add(identity.mul(b[0]));
      odd =
          sixth
              .matmul(highOdd)
              .add(sum(sixth, b[7], fourth, b[5], square, b[3]))
              .add(identity.mul(b[1]));
    } else {
      even = identity.mul(b[0]);
      odd = identity.mul(b[1]);
      Tensor power = identity;
      for (int i = 2; i < b.length; i += 2) {
        power = i == 2 ? square : power.matmul(square);
        even = even.add(power.mul(b[i]));
        odd = odd.add(power.mul(b[i + 1]));
      }
    }
    Tensor u = a.matmul(odd);
    var raw = Factorizations.of(a);
    var factors = raw.lu(even.sub(u));
    return raw.luSolve(factors.packed(), factors.pivots(), Transposed.NO, even.add(u));
  }

  private static Tensor sum(Tensor x, double a, Tensor y, double b, Tensor z, double c) {
    return x.mul(a).add(y.mul(b)).add(z.mul(c));
  }

  @Override
  protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
    Tensor turned = context.savedTensors().get(0).mT();
    return Collections.singletonList(gradient(turned, gradOutput(gradOutputs, 0)));
  }

  private static Tensor gradient(Tensor turned, Tensor g) {
    long n = turned.size(-1);
    Tensor above = Tensor.cat(List.of(turned, g), -1);
    Tensor below = Tensor.cat(List.of(turned.zerosLike(), turned), -1);
    Tensor block = new LinalgMatrixExp().call(Tensor.cat(List.of(above, below), -2));
    return Matrix.columns(Matrix.rows(block, 0, n), n, 2 * n);
  }
}
