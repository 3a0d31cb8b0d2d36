package dev.chagres.linalg;

import static dev.chagres.linalg.SystemFunctions.gradients;

import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Reflections;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of reflections {@code H = I - tau v v^T}, with v below the diagonal of a column and 1 on
 * it. LAPACK multiplies; gradients go back from one reflection to the one before.
 */
final class Reflectors {
  private Reflectors() {}

  /** The first n columns of the product, for {@code a} (…, m, n). */
  static Tensor product(Tensor a, Tensor tau) {
    return new LinalgHouseholderProduct().call(a, tau);
  }

  /** Multiplies a matrix by the product, or by its transpose. */
  static Tensor times(Tensor a, Tensor tau, Side side, Transposed transposed, Tensor b) {
    return new Ormqr(side, transposed).call(a, tau, b);
  }

  private static final class LinalgHouseholderProduct extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Tensor tau = inputs.get(1);
      context.saveForBackward(a, tau);
      return List.of(Factorizations.of(a).orthogonal(a, tau));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor a = context.savedTensors().get(0);
      Tensor tau = context.savedTensors().get(1);
      Tensor start = Tensor.eye(a.device(), a.dtype(), a.size(-2), a.size(-1)).expandAs(a);
      Slopes slopes = slopes(a, tau, Transposed.NO, start, gradOutput(gradOutputs, 0));
      return gradients(slopes.a, slopes.tau);
    }
  }

  private static final class Ormqr extends Function {
    private final Side side;
    private final Transposed transposed;

    Ormqr(Side side, Transposed transposed) {
      this.side = side;
      this.transposed = transposed;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Tensor tau = inputs.get(1);
      Tensor b = inputs.get(2);
      context.saveForBackward(a, tau, b);
      var reflections = new Reflections<>(a, tau);
      return List.of(Factorizations.of(a).timesOrthogonal(reflections, side, transposed, b));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor a = context.savedTensors().get(0);
      Tensor tau = context.savedTensors().get(1);
      Tensor b = context.savedTensors().get(2);
      Tensor g = gradOutput(gradOutputs, 0);
      Tensor gb =
          context.needsInputGrad(2) ? new Ormqr(side, transposed.other()).call(a, tau, g) : null;
      if (!context.needsInputGrad(0) && !context.needsInputGrad(1)) {
        return gradients(null, null, gb);
      }
      Slopes slopes =
          side == Side.LEFT
              ? slopes(a, tau, transposed, b, g)
              : slopes(a, tau, transposed.other(), b.mT(), g.mT());
      return gradients(slopes.a, slopes.tau, gb);
    }
  }

  private record Slopes(Tensor a, Tensor tau) {}

  /** The gradients of {@code op(Q) B}, whose reflections are applied one by one once more. */
  private static Slopes slopes(Tensor a, Tensor tau, Transposed transposed, Tensor b, Tensor g) {
    int k = (int) tau.size(-1);
    Tensor ones = Tensor.eye(a.device(), a.dtype(), a.size(-2), k);
    Tensor vectors = Matrix.columns(a, 0, k).tril(-1).add(ones);
    boolean forwards = transposed == Transposed.YES;
    List<Tensor> ys = new ArrayList<>();
    Tensor y = b;
    for (int i = 0; i < k; i++) {
      ys.add(y);
      y = reflected(vectors, tau, forwards ? i : k - 1 - i, y);
    }
    Tensor[] ofVectors = new Tensor[k + 1];
    Tensor[] ofTaus = new Tensor[k];
    Tensor gy = g;
    for (int i = k - 1; i >= 0; i--) {
      int at = forwards ? i : k - 1 - i;
      Tensor v = Matrix.columns(vectors, at, at + 1);
      Tensor vy = v.mT().matmul(ys.get(i));
      Tensor vg = v.mT().matmul(gy);
      Tensor scale = Matrix.forMatrices(tau.select(-1, at));
      ofTaus[at] = vy.mul(vg).sum(-1).neg();
      ofVectors[at] = gy.matmul(vy.mT()).add(ys.get(i).matmul(vg.mT())).mul(scale).neg();
      gy = reflected(vectors, tau, at, gy);
    }
    ofVectors[k] = Matrix.columns(a, k, a.size(-1)).zerosLike();
    Tensor ga = Tensor.cat(List.of(ofVectors), -1).tril(-1);
    return new Slopes(ga, k == 0 ? tau.zerosLike() : Tensor.cat(List.of(ofTaus), -1));
  }

  /** Applies the reflection of a column: {@code y - tau v (v^T y)}. */
  private static Tensor reflected(Tensor vectors, Tensor tau, int at, Tensor y) {
    Tensor v = Matrix.columns(vectors, at, at + 1);
    Tensor scaled = v.mul(Matrix.forMatrices(tau.select(-1, at)));
    return y.sub(scaled.matmul(v.mT().matmul(y)));
  }
}
