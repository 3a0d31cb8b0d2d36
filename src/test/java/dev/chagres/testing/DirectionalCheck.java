package dev.chagres.testing;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks gradients of a function along random directions: the change of a random combination of the
 * outputs, by differences and by the tape. It costs a few calls whatever the sizes, where {@link
 * GradCheck} costs some for each element, and finds the same errors, but says less of them.
 *
 * <p>Where both disagree, the differences say whether there is a derivative to agree with: at a
 * kink, a jump or the edge of the domain there is none.
 */
public final class DirectionalCheck {
  /** What came out; an error is thrown. */
  public enum Verdict {
    AGREES("agrees"),
    NOT_FINITE("not finite at the sample"),
    KINK("not differentiable at the sample"),
    NARROW("no gradient but of results of another dtype"),
    ROUGH("differences do not settle at the sample");

    public final String reason;

    Verdict(String reason) {
      this.reason = reason;
    }
  }

  private static final double STEP = 1e-5;
  private static final double RELATIVE = 1e-4;
  private static final double ABSOLUTE = 1e-7;

  /** Of what is summed, the rounding of which the step magnifies. */
  private static final double ROUNDING = 1e-9;

  private final Function<List<Tensor>, List<Tensor>> function;
  private final List<Tensor> point;
  private final List<Tensor> direction;
  private final Generator generator;
  private final List<Integer> slots = new ArrayList<>();
  private final List<Tensor> weights = new ArrayList<>();

  /**
   * Prepares a check.
   *
   * @param function from the tensors to be differentiated to any results
   * @param point float64, where to check
   */
  public DirectionalCheck(
      Function<List<Tensor>, List<Tensor>> function, List<Tensor> point, long seed) {
    this.function = function;
    this.point = point.stream().map(Tensor::detach).toList();
    this.generator = new Generator(seed);
    this.direction = this.point.stream().map(this::random).toList();
  }

  private Tensor random(Tensor like) {
    return generator.randn(DType.FLOAT64, like.shape().toArray()).to(like.device());
  }

  // ---- first derivatives

  public Verdict first() {
    List<Tensor> leaves = leaves(point);
    List<Tensor> outputs = combined(function.apply(leaves));
    if (outputs.isEmpty()) {
      return Verdict.NARROW;
    }
    List<@Nullable Tensor> gradients =
        Autograd.gradOrNull(outputs, leaves, weights, Option.RETAIN_GRAPH);
    List<Tensor> apart = weights.stream().map(Doors::spread).toList();
    List<@Nullable Tensor> again = Autograd.gradOrNull(outputs, leaves, apart);
    for (int i = 0; i < leaves.size(); i++) {
      same("with gaps in the memory of the outputs' gradients", gradients.get(i), again.get(i));
      if (leaves.size() > 1) {
        same("as the only one, of input " + i, gradients.get(i), alone(i));
      }
    }
    return judge(gradients, direction, t -> Autograd.noGrad(() -> value(t)));
  }

  /** The gradient of one input, where the others want none. */
  private @Nullable Tensor alone(int input) {
    List<Tensor> tensors = new ArrayList<>(point);
    Tensor leaf = point.get(input).clone().requiresGrad_();
    tensors.set(input, leaf);
    List<Tensor> outputs = function.apply(tensors);
    List<Tensor> chosen = new ArrayList<>();
    List<Tensor> vectors = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      Tensor output = outputs.get(slots.get(i));
      if (output.requiresGrad()) {
        chosen.add(output);
        vectors.add(weights.get(i));
      }
    }
    return chosen.isEmpty() ? null : Autograd.gradOrNull(chosen, List.of(leaf), vectors).getFirst();
  }

  private static void same(String how, @Nullable Tensor expected, @Nullable Tensor found) {
    Tensor some = expected == null ? found : expected;
    if (some == null) {
      return;
    }
    double[] a = (expected == null ? some.zerosLike() : expected).toDoubleArray();
    double[] b = (found == null ? some.zerosLike() : found).toDoubleArray();
    double size = Arrays.stream(a).map(Math::abs).filter(Double::isFinite).max().orElse(0);
    for (int i = 0; i < a.length; i++) {
      if (Double.compare(a[i], b[i]) != 0 && !(Math.abs(a[i] - b[i]) <= 1e-11 * size)) {
        throw new AssertionError(
            "the gradient is another one " + how + ": " + b[i] + " for " + a[i]);
      }
    }
  }

  private static List<Tensor> leaves(List<Tensor> tensors) {
    return tensors.stream().map(x -> x.clone().requiresGrad_()).toList();
  }

  /** Chooses the outputs that have a gradient, and how they are combined. */
  private List<Tensor> combined(List<Tensor> outputs) {
    slots.clear();
    weights.clear();
    List<Tensor> chosen = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      if (outputs.get(i).requiresGrad() && outputs.get(i).dtype() == DType.FLOAT64) {
        slots.add(i);
        chosen.add(outputs.get(i));
        weights.add(random(outputs.get(i)));
      }
    }
    if (outputs.stream().noneMatch(Tensor::requiresGrad)) {
      throw new AssertionError("no output has a gradient");
    }
    return chosen;
  }

  private List<Tensor> along(List<Tensor> from, List<Tensor> direction, double t) {
    List<Tensor> at = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      at.add(t == 0 ? from.get(i).clone() : from.get(i).add(direction.get(i).mul(t)));
    }
    return at;
  }

  private double value(double t) {
    List<Tensor> outputs = function.apply(along(point, direction, t));
    double sum = 0;
    for (int i = 0; i < slots.size(); i++) {
      sum += outputs.get(slots.get(i)).mul(weights.get(i)).sum().item();
    }
    return sum;
  }

  // ---- second derivatives

  /** The same for the function from the inputs and the outputs' gradients to the gradients. */
  public Verdict second() {
    List<Tensor> leaves = leaves(point);
    List<Tensor> outputs = combined(function.apply(leaves));
    if (outputs.isEmpty()) {
      return Verdict.NARROW;
    }
    List<Tensor> turned = weights.stream().map(this::random).toList();
    List<Tensor> projection = point.stream().map(this::random).toList();
    List<Tensor> cotangents = leaves(weights);
    List<@Nullable Tensor> gradients =
        Autograd.gradOrNull(outputs, leaves, cotangents, Option.CREATE_GRAPH);
    List<Tensor> recorded = new ArrayList<>();
    List<Tensor> projected = new ArrayList<>();
    for (int i = 0; i < gradients.size(); i++) {
      Tensor gradient = gradients.get(i);
      if (gradient != null && gradient.requiresGrad()) {
        recorded.add(gradient);
        projected.add(projection.get(i));
      }
    }
    List<Tensor> all = new ArrayList<>(leaves);
    all.addAll(cotangents);
    List<Tensor> directions = new ArrayList<>(direction);
    directions.addAll(turned);
    List<@Nullable Tensor> curvature =
        recorded.isEmpty()
            ? Collections.nCopies(all.size(), null)
            : Autograd.gradOrNull(recorded, all, projected);
    return judge(curvature, directions, t -> slope(t, turned, projection));
  }

  private double slope(double t, List<Tensor> turned, List<Tensor> projection) {
    List<Tensor> leaves = leaves(along(point, direction, t));
    List<Tensor> outputs = function.apply(leaves);
    List<Tensor> chosen = slots.stream().map(outputs::get).toList();
    List<@Nullable Tensor> gradients =
        Autograd.gradOrNull(chosen, leaves, along(weights, turned, t));
    double sum = 0;
    for (int i = 0; i < gradients.size(); i++) {
      Tensor gradient = gradients.get(i);
      sum += gradient == null ? 0 : gradient.mul(projection.get(i)).sum().item();
    }
    return sum;
  }

  // ---- comparing

  private static Verdict judge(
      List<@Nullable Tensor> gradients, List<Tensor> direction, DoubleUnaryOperator value) {
    double taped = 0;
    double size = 0;
    for (int i = 0; i < gradients.size(); i++) {
      Tensor gradient = gradients.get(i);
      if (gradient != null) {
        Tensor terms = gradient.mul(direction.get(i));
        taped += terms.sum().item();
        size += terms.abs().sum().item();
      }
    }
    double h = STEP;
    double ahead = value.applyAsDouble(h);
    double behind = value.applyAsDouble(-h);
    double slope = (ahead - behind) / (2 * h);
    double rounding = ROUNDING * Math.max(Math.abs(ahead), Math.abs(behind));
    double allowed = ABSOLUTE + RELATIVE * (size + Math.abs(slope)) + rounding;
    if (Double.isFinite(allowed) && Math.abs(taped - slope) <= allowed) {
      return Verdict.AGREES;
    }
    if (!Double.isFinite(allowed) && Double.isFinite(slope)) {
      // A tape that has no number is wrong, unless the differences have none to agree with.
      allowed = ABSOLUTE + RELATIVE * Math.abs(slope) + rounding;
    }
    double here = value.applyAsDouble(0);
    double furtherAhead = value.applyAsDouble(2 * h);
    double furtherBehind = value.applyAsDouble(-2 * h);
    double wide = (furtherAhead - furtherBehind) / (4 * h);
    double bend = (ahead - 2 * here + behind) / h;
    double wideBend = (furtherAhead - 2 * here + furtherBehind) / (2 * h);
    if (!Double.isFinite(slope + wide + here)) {
      return Verdict.NOT_FINITE;
    }
    // A kink bends by the same over any distance, a curve by half over half of it.
    if (Math.abs(bend) > allowed && Math.abs(bend) > 0.75 * Math.abs(wideBend)) {
      return Verdict.KINK;
    }
    if (Math.abs(slope - wide) > Math.max(allowed, RELATIVE * Math.abs(wide))) {
      return Verdict.ROUGH;
    }
    throw new AssertionError(
        "along a random direction the tape has the slope %s, differences have %s, of %s"
            .formatted(taped, slope, size));
  }
}
