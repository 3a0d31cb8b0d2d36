package dev.chagres.testing;

import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Call;
import dev.chagres.testing.OpDb.Meaning;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** The rows of pointwise functions that are composed of others. */
final class PointwiseRows {
  static final List<Row> ROWS = new ArrayList<>();

  private static final long[] MATRIX = {4, 5};

  static {
    one("sgn", Tensor::sgn, Math::signum);
    one("angle", Tensor::angle, v -> v < 0 ? Math.PI : 0);
    one("deg2rad", Tensor::deg2rad, v -> v * Math.PI / 180);
    one("rad2deg", Tensor::rad2deg, v -> v / Math.PI * 180);
    one("sinc", Tensor::sinc, v -> v == 0 ? 1 : Math.sin(Math.PI * v) / (Math.PI * v));
    one("logit within eps", x -> x.mul(0.4).logit(0.2), PointwiseRows::logit);
    one("round to a decimal", x -> x.round(1), v -> Math.rint(v * 10) / 10);
    one("round to tens", x -> x.mul(30).round(-1), v -> Math.rint(v * 30 / 10) * 10);
    one("nanToNum", Tensor::nanToNum, v -> v);
    one("floatPower 2.5", x -> x.abs().add(1).floatPower(2.5).to(x.dtype()), PointwiseRows::power);
    one("rsub with alpha", x -> x.rsub(1.5, 2.0), v -> 1.5 - 2 * v);
    for (int n : new int[] {0, 1, 3}) {
      one("polygamma " + n, x -> x.add(4).polygamma(n), v -> SpecialReference.polygamma(n, v + 4));
    }
    one("xlog1py of a number", x -> Special.xlog1py(1.5, x.add(3)), v -> 1.5 * Math.log1p(v + 3));
    one("xlogy by a number", x -> x.xlogy(2.5), v -> v * Math.log(2.5));
    two("ldexp", in -> in.get(0).ldexp(in.get(1)), (a, b) -> a * Math.pow(2, b));
    two("rsub of two", in -> in.get(0).rsub(in.get(1)), (a, b) -> b - a);
    two("rsub of two, with alpha", in -> in.get(0).rsub(in.get(1), 0.5), (a, b) -> b - a / 2);
    two("clampMin of two", in -> in.get(0).clampMin(in.get(1)), Math::max);
    two("clampMax of two", in -> in.get(0).clampMax(in.get(1)), Math::min);
    two("addcmul of two", in -> in.get(0).addcmul(in.get(1), in.get(1)), (a, b) -> a + b * b);
    three(
        "clamp of three",
        in -> in.get(0).clamp(in.get(1), in.get(2)),
        (a, b, c) -> Math.min(Math.max(a, b), c));
    three(
        "lerp of three", in -> in.get(0).lerp(in.get(1), in.get(2)), (a, b, c) -> a + c * (b - a));
  }

  private PointwiseRows() {}

  private static double logit(double v) {
    double inside = Math.clamp(0.4 * v, 0.2, 0.8);
    return Math.log(inside / (1 - inside));
  }

  private static double power(double v) {
    return Math.pow(Math.abs(v) + 1, 2.5);
  }

  private static void one(String name, UnaryOperator<Tensor> call, DoubleUnaryOperator meaning) {
    Call of = in -> call.apply(in.getFirst());
    ROWS.add(OtherRows.smooth(name, List.of(MATRIX), of, in -> in.getFirst().map(meaning)));
  }

  private static void two(String name, Call call, DoubleBinaryOperator meaning) {
    List<long[]> shapes = List.of(MATRIX, new long[] {5});
    ROWS.add(OtherRows.smooth(name, shapes, call, in -> in.get(0).with(in.get(1), meaning)));
  }

  /** What a function of three numbers means. */
  @FunctionalInterface
  private interface Three {
    double of(double a, double b, double c);
  }

  private static void three(String name, Call call, Three meaning) {
    List<long[]> shapes = List.of(MATRIX, new long[] {5}, new long[] {4, 1});
    Meaning plain =
        in ->
            Plain.fill(
                MATRIX,
                i ->
                    meaning.of(
                        in.get(0).at(i), in.get(1).broadcastAt(i), in.get(2).broadcastAt(i)));
    ROWS.add(OtherRows.smooth(name, shapes, call, plain));
  }
}
