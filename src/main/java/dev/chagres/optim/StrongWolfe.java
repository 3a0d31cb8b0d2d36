package dev.chagres.optim;

import dev.chagres.tensor.Tensor;

/**
 * A search along a line for a point that satisfies the strong Wolfe conditions: the value has
 * fallen enough, and the slope is much flatter (Nocedal and Wright, Numerical Optimization, 3.5).
 * It first goes on until such a point lies between two, and then closes in on it.
 */
final class StrongWolfe {
  private static final double FALLEN = 1e-4;
  private static final double FLATTER = 0.9;

  private final Objective objective;
  private final Point start;
  private final int mostEvaluations;
  private int evaluations;

  /** What is minimised along the line. */
  @FunctionalInterface
  interface Objective {
    /** Returns the value and the slope at a place of the line. */
    Point at(double t);
  }

  /**
   * A place of the line.
   *
   * @param t how far it is
   * @param value the loss
   * @param gradient that of all parameters
   * @param slope the gradient along the line
   */
  record Point(double t, double value, Tensor gradient, double slope) {}

  StrongWolfe(Objective objective, Point start, int mostEvaluations) {
    this.objective = objective;
    this.start = start;
    this.mostEvaluations = mostEvaluations;
  }

  /** Returns how many values the search took. */
  int evaluations() {
    return evaluations;
  }

  private Point at(double t) {
    evaluations++;
    return objective.at(t);
  }

  private boolean hasFallen(Point point) {
    return !(point.value > start.value + FALLEN * point.t * start.slope);
  }

  private boolean isFlat(Point point) {
    return Math.abs(point.slope) <= -FLATTER * start.slope;
  }

  /**
   * Returns the best point.
   *
   * @param first the first place to try
   * @param narrow the distance of two places that is not worth another one
   */
  Point search(double first, double narrow) {
    Point before = start;
    Point point = at(first);
    for (int i = 0; i < mostEvaluations; i++) {
      if (!hasFallen(point) || (i > 1 && point.value >= before.value)) {
        return between(before, point, narrow);
      }
      if (isFlat(point)) {
        return point;
      }
      if (point.slope >= 0) {
        return between(before, point, narrow);
      }
      double least = point.t + 0.01 * (point.t - before.t);
      double next = minimum(before, point, least, point.t * 10);
      before = point;
      point = at(next);
    }
    return start.value <= point.value ? start : point;
  }

  private Point between(Point one, Point other, double narrow) {
    Point low = one.value <= other.value ? one : other;
    Point high = one.value <= other.value ? other : one;
    boolean crept = false;
    // The first value was none of the search's, which counts those after it.
    while (evaluations - 1 < mostEvaluations && Math.abs(high.t - low.t) >= narrow) {
      double left = Math.min(low.t, high.t);
      double right = Math.max(low.t, high.t);
      double t = minimum(low.t <= high.t ? low : high, low.t <= high.t ? high : low, left, right);
      double margin = 0.1 * (right - left);
      boolean near = Math.min(right - t, t - left) < margin;
      if (near && (crept || t >= right || t <= left)) {
        t = right - t < t - left ? right - margin : left + margin;
        near = false;
      }
      crept = near;
      Point point = at(t);
      if (!hasFallen(point) || point.value >= low.value) {
        high = point;
        if (high.value < low.value) {
          high = low;
          low = point;
        }
      } else if (isFlat(point)) {
        return point;
      } else {
        if (point.slope * (high.t - low.t) >= 0) {
          high = low;
        }
        low = point;
      }
    }
    return low;
  }

  /** Returns where the cubic through two points, with their slopes, is least, within bounds. */
  private static double minimum(Point left, Point right, double least, double most) {
    double mean = left.slope + right.slope - 3 * (left.value - right.value) / (left.t - right.t);
    double square = mean * mean - left.slope * right.slope;
    if (!(square >= 0)) {
      return (least + most) / 2;
    }
    double root = Math.sqrt(square);
    double part = (right.slope + root - mean) / (right.slope - left.slope + 2 * root);
    return Math.min(Math.max(right.t - (right.t - left.t) * part, least), most);
  }
}
