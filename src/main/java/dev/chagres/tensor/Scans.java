package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The doors of scans. Their gradients are scans again, back along the dimension: for products and
 * log-sums the recurrence {@code y[i] = x[i] + a[i] * y[i + 1]}, which divides by nothing, so that
 * zeros and infinities do no harm, and whose own gradient is a recurrence.
 */
final class Scans {
  private Scans() {}

  /** A running sum or product; integers are int64 unless a dtype is given. */
  static Tensor sum(Tensor x, int dim, @Nullable DType dtype) {
    return cumulated("cumsum", ScanOp.SUM, x, dim, dtype);
  }

  static Tensor product(Tensor x, int dim, @Nullable DType dtype) {
    return cumulated("cumprod", ScanOp.PROD, x, dim, dtype);
  }

  private static Tensor cumulated(
      String name, ScanOp op, Tensor x, int dim, @Nullable DType wanted) {
    int axis = x.shape().axis(name, dim);
    boolean floating = wanted == null ? x.dtype().isFloating() : wanted.isFloating();
    DType result = wanted != null ? wanted : floating ? x.dtype() : DType.INT64;
    // Narrow integers wrap in the end as they would on the way.
    Tensor source = Copying.cast(Copying.cast(x, result), floating ? result : DType.INT64);
    return Copying.cast(scan(new Scan(op, Way.FORTH, axis), source), result);
  }

  static Tensor inPlace(String name, ScanOp op, Tensor x, int dim) {
    return Copying.replaced(
        name,
        x,
        value -> op == ScanOp.SUM ? sum(value, dim, x.dtype()) : product(value, dim, x.dtype()));
  }

  static Tensor logSumExp(Tensor x, int dim) {
    int axis = x.shape().axis("logcumsumexp", dim);
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException("logcumsumexp: not defined for " + x.dtype());
    }
    return scan(new Scan(ScanOp.LOGSUMEXP, Way.FORTH, axis), x);
  }

  private static Tensor scan(Scan scan, Tensor x) {
    if (x.dim() == 0) {
      return Gradients.named(
          node(scan.op()),
          ViewOps.reshape(scan(scan, ViewOps.reshape(x, Shape.of(1))), Shape.scalar()),
          x);
    }
    Strided out = x.data().like(x.shape(), x.dtype());
    Backends.of(x.device()).scans().scan(scan, x.data(), out);
    Reference.reachabilityFence(x);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Operation.of(node(scan.op()), Gradients.input(x, rule(scan, x, y))));
    }
    return y;
  }

  private static String node(ScanOp op) {
    return switch (op) {
      case SUM -> "CumsumBackward";
      case PROD -> "CumprodBackward";
      case MAX -> "CummaxBackward";
      case MIN -> "CumminBackward";
      case LOGSUMEXP -> "LogcumsumexpBackward";
    };
  }

  private static Operation.Rule<Tensor> rule(Scan scan, Tensor x, Tensor y) {
    int dim = scan.dim();
    if (scan.op() == ScanOp.SUM) {
      Scan back = new Scan(ScanOp.SUM, opposite(scan.way()), dim);
      return g -> scan(back, g);
    }
    Saved operand = new Saved(x);
    Saved result = new Saved(y);
    return scan.op() == ScanOp.PROD
        ? g -> productRule(g, operand.get(), result.get(), dim)
        : g -> logSumRule(g, operand.get(), result.get(), dim);
  }

  private static Way opposite(Way way) {
    return way == Way.FORTH ? Way.BACK : Way.FORTH;
  }

  /** The product of what is before x[i], times r[i] = g[i] + x[i + 1] r[i + 1]. */
  private static Tensor productRule(Tensor g, Tensor x, Tensor y, int dim) {
    if (y.numel() == 0) {
      return g;
    }
    Tensor ones = y.newOnes(y.shape().with(dim, 1));
    Tensor before = Tensor.cat(List.of(ones, y.narrow(dim, 0, y.size(dim) - 1)), dim);
    return before.mul(recurrence(Way.BACK, g, moved(Way.BACK, x, dim), dim));
  }

  /**
   * exp(x[i] - y[i]) times r[i] = g[i] + exp(y[i] - y[i + 1]) r[i + 1]; no exponent is positive.
   */
  private static Tensor logSumRule(Tensor g, Tensor x, Tensor y, int dim) {
    if (y.numel() == 0) {
      return g;
    }
    Tensor here = y.narrow(dim, 0, y.size(dim) - 1);
    Tensor next = y.narrow(dim, 1, y.size(dim) - 1);
    Tensor step = Tensor.where(here.eq(next), here.zerosLike(), here.sub(next)).exp();
    Tensor last = y.newZeros(y.shape().with(dim, 1));
    Tensor steps = Tensor.cat(List.of(step, last), dim);
    return x.sub(y).exp().mul(recurrence(Way.BACK, g, steps, dim));
  }

  /** The elements one further along the way, and a zero where there is none before. */
  private static Tensor moved(Way way, Tensor x, int dim) {
    long rest = x.size(dim) - 1;
    Tensor zero = x.newZeros(x.shape().with(dim, 1));
    return way == Way.FORTH
        ? Tensor.cat(List.of(zero, x.narrow(dim, 0, rest)), dim)
        : Tensor.cat(List.of(x.narrow(dim, 1, rest), zero), dim);
  }

  private static Tensor recurrence(Way way, Tensor x, Tensor a, int dim) {
    Strided out = x.data().like(x.shape(), x.dtype());
    Backends.of("recurrence", x, a).scans().recurrence(way, dim, x.data(), a.data(), out);
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(a);
    Tensor y = new Tensor(out);
    if ((x.requiresGrad() || a.requiresGrad()) && GradMode.isEnabled()) {
      Saved factors = new Saved(a);
      Saved result = new Saved(y);
      Way back = opposite(way);
      Operation.Rule<Tensor> toX = g -> recurrence(back, g, moved(back, factors.get(), dim), dim);
      y.setHistory(
          Operation.of(
              "RecurrenceBackward",
              Gradients.input(x, toX),
              Gradients.input(
                  a,
                  g ->
                      recurrence(back, g, moved(back, factors.get(), dim), dim)
                          .mul(moved(way, result.get(), dim)))));
    }
    return y;
  }

  // ---- extremes

  static Located extrema(ScanOp op, Tensor x, int dim) {
    int axis = x.shape().axis(op == ScanOp.MAX ? "cummax" : "cummin", dim);
    Strided line = x.dim() == 0 ? x.data().with(x.layout().unsqueeze(0)) : x.data();
    Strided values = x.data().like(line.shape(), x.dtype());
    Strided indices = x.data().like(line.shape(), DType.INT64);
    Backends.of(x.device())
        .scans()
        .scanExtrema(new Scan(op, Way.FORTH, axis), line, values, indices);
    Reference.reachabilityFence(x);
    return Ordering.located(
        node(op), x, axis, new Located(new Tensor(values), new Tensor(indices)));
  }
}
