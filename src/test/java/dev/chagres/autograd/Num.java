package dev.chagres.autograd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number that records what is done with it: a little library on the tape that knows nothing but
 * {@code Double}, written to show that the tape needs no more.
 */
final class Num {
  static final Algebra<Double> SUM = Double::sum;

  final double value;
  final @Nullable Edge<Double> edge;
  private final List<Double> received;

  private Num(double value, @Nullable Edge<Double> edge, List<Double> received) {
    this.value = value;
    this.edge = edge;
    this.received = received;
  }

  /** A number whose derivative is wanted. */
  static Num variable(double value) {
    List<Double> received = new ArrayList<>();
    return new Num(value, new Edge<>(new Leaf<>(received::add), 0), received);
  }

  static Num constant(double value) {
    return new Num(value, null, List.of());
  }

  /** What the leaf was given, one number for each pass that reached it. */
  List<Double> received() {
    return received;
  }

  double grad() {
    return received.stream().mapToDouble(Double::doubleValue).sum();
  }

  Edge<Double> end() {
    if (edge == null) {
      throw new IllegalStateException("not recorded");
    }
    return edge;
  }

  Num add(Num other) {
    return of(value + other.value, Operation.of("Add", input(g -> g), other.input(g -> g)), other);
  }

  Num mul(Num other) {
    double a = value;
    double b = other.value;
    return of(
        a * b, Operation.of("Mul", input(g -> kept(g * b)), other.input(g -> kept(g * a))), other);
  }

  Num exp() {
    double y = Math.exp(value);
    return of(y, Operation.of("Exp", input(g -> kept(g * y))), this);
  }

  /** Both {@code sin} and {@code cos} from one operation of two results. */
  static List<Num> sincos(Num x) {
    double s = Math.sin(x.value);
    double c = Math.cos(x.value);
    List<@Nullable Edge<Double>> edges = new ArrayList<>();
    edges.add(x.edge);
    Joint<Double> node =
        new Joint<>(
            "SinCos",
            edges,
            2,
            Joint.Author.LIBRARY,
            gradients -> {
              Backward.usedSaved();
              Double forSin = gradients.get(0);
              Double forCos = gradients.get(1);
              List<@Nullable Double> result = new ArrayList<>();
              result.add((forSin == null ? 0 : forSin * c) - (forCos == null ? 0 : forCos * s));
              return result;
            });
    return List.of(
        new Num(s, new Edge<>(node, 0), List.of()), new Num(c, new Edge<>(node, 1), List.of()));
  }

  private static double kept(double gradient) {
    Backward.usedSaved();
    return gradient;
  }

  private Operation.@Nullable Input<Double> input(Operation.Rule<Double> rule) {
    return edge == null ? null : new Operation.Input<>(edge, rule);
  }

  private Num of(double result, Node<Double> node, Num other) {
    boolean recorded = (edge != null || other.edge != null) && GradMode.isEnabled();
    return new Num(result, recorded ? new Edge<>(node, 0) : null, List.of());
  }

  void backward(Backward.Option... options) {
    Backward<Double> pass = new Backward<>(SUM, options);
    pass.seed(end(), 1.0);
    pass.run();
  }
}
