package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Histograms over one or more dimensions: a search for each coordinate, then a count. */
final class Histograms {
  private Histograms() {}

  static Histogram of(Tensor x, long bins, Histogram.Options options) {
    checkType("histogram", x);
    Tensor points = ViewOps.reshape(x.detach(), Shape.of(x.numel(), 1));
    return count(
        "histogram",
        points,
        edges("histogram", points, new long[] {bins}, options),
        x.shape(),
        options);
  }

  static Histogram of(Tensor x, Tensor edges, Histogram.Options options) {
    checkType("histogram", x);
    checkEdges("histogram", x, List.of(edges), 1, options);
    Tensor points = ViewOps.reshape(x.detach(), Shape.of(x.numel(), 1));
    return count("histogram", points, copies(List.of(edges)), x.shape(), options);
  }

  static Histogram ofPoints(Tensor x, long[] bins, Histogram.Options options) {
    Tensor points = points(x);
    if (bins.length != points.size(1)) {
      throw new IllegalArgumentException(
          "histogramdd: " + bins.length + " numbers of bins for points of shape " + x.shape());
    }
    Shape shape = x.shape().remove(-1);
    return count(
        "histogramdd", points, edges("histogramdd", points, bins, options), shape, options);
  }

  static Histogram ofPoints(Tensor x, List<? extends Tensor> edges, Histogram.Options options) {
    Tensor points = points(x);
    checkEdges("histogramdd", x, edges, points.size(1), options);
    return count("histogramdd", points, copies(edges), x.shape().remove(-1), options);
  }

  /** What is returned does not share the memory of what was given. */
  private static List<Tensor> copies(List<? extends Tensor> edges) {
    return edges.stream().map(edge -> Copying.copy(edge.detach())).toList();
  }

  private static void checkType(String name, Tensor x) {
    if (x.dtype() != DType.FLOAT32 && x.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(name + ": float32 or float64 is needed, not " + x.dtype());
    }
  }

  private static Tensor points(Tensor x) {
    checkType("histogramdd", x);
    if (x.dim() < 2 || x.size(-1) == 0) {
      throw new IllegalArgumentException(
          "histogramdd: at least two dimensions are needed, the last with the coordinates, not "
              + x.shape());
    }
    return ViewOps.reshape(x.detach(), Shape.of(x.numel() / x.size(-1), x.size(-1)));
  }

  private static void checkEdges(
      String name, Tensor x, List<? extends Tensor> edges, long dims, Histogram.Options options) {
    if (edges.size() != dims) {
      throw new IllegalArgumentException(
          name + ": edges of " + edges.size() + " dimensions, but points have " + dims);
    }
    if (options.bounds().length > 0) {
      throw new IllegalArgumentException(name + ": edges and a range are given");
    }
    for (Tensor edge : edges) {
      if (edge.dim() != 1 || edge.numel() == 0 || edge.dtype() != x.dtype()) {
        throw new IllegalArgumentException(
            name + ": edges must be a vector of " + x.dtype() + ", not " + Tensor.describe(edge));
      }
    }
  }

  /** Edges equally far apart in the range of each coordinate. */
  private static List<Tensor> edges(
      String name, Tensor points, long[] bins, Histogram.Options options) {
    double[] bounds = options.bounds();
    if (bounds.length > 0 && bounds.length != 2 * bins.length) {
      throw new IllegalArgumentException(
          name + ": a range of " + bounds.length + " numbers for " + bins.length + " dimensions");
    }
    List<Tensor> edges = new ArrayList<>();
    for (int i = 0; i < bins.length; i++) {
      if (bins[i] < 1) {
        throw new IllegalArgumentException(name + ": there must be a bin, not " + bins[i]);
      }
      Creation.shape(name, bins[i], 2); // or there are too many edges
      double[] range =
          bounds.length > 0
              ? new double[] {bounds[2 * i], bounds[2 * i + 1]}
              : extremes(points.select(1, i), 1);
      checked(name, range, 0.5);
      edges.add(
          Creation.linspace(points.device(), range[0], range[1], bins[i] + 1, points.dtype()));
    }
    return edges;
  }

  /** The least and the greatest element; from 0 to {@code top} if there is none. */
  static double[] extremes(Tensor x, double top) {
    return x.numel() == 0 ? new double[] {0, top} : new double[] {x.min().item(), x.max().item()};
  }

  /** Refuses what is no range, and widens an empty one on both sides. */
  static void checked(String name, double[] range, double slack) {
    if (!Double.isFinite(range[0]) || !Double.isFinite(range[1])) {
      throw new IllegalArgumentException(
          name + ": the range from " + range[0] + " to " + range[1] + " is not finite");
    }
    if (range[0] > range[1]) {
      throw new IllegalArgumentException(
          name + ": the range begins at " + range[0] + ", above its end " + range[1]);
    }
    if (range[0] == range[1]) {
      range[0] -= slack;
      range[1] += slack;
    }
  }

  private static Histogram count(
      String name, Tensor points, List<Tensor> edges, Shape counted, Histogram.Options options) {
    Tensor weight = options.weights();
    if (weight != null && !weight.shape().equals(counted)) {
      throw new IllegalArgumentException(
          name + ": weights of shape " + weight.shape() + " for elements of shape " + counted);
    }
    if (weight != null && weight.dtype() != points.dtype()) {
      throw new IllegalArgumentException(
          name + ": weights of " + weight.dtype() + " for elements of " + points.dtype());
    }
    try (var _ = GradMode.disable()) {
      long[] sizes = new long[edges.size()];
      Tensor place = Creation.full(points.device(), Shape.of(points.size(0)), 0, DType.INT64);
      Tensor inside = Creation.full(points.device(), Shape.of(points.size(0)), 1, DType.BOOL);
      for (int i = 0; i < sizes.length; i++) {
        Tensor edge = edges.get(i).detach();
        sizes[i] = edge.numel() - 1;
        Tensor x = points.select(1, i);
        Tensor last = edge.select(0, -1);
        inside = inside.logicalAnd(x.ge(edge.select(0, 0))).logicalAnd(x.le(last));
        Tensor bin = Counting.search(edge, x, Side.RIGHT, null).sub(1);
        place = place.mul(sizes[i]).add(bin.clamp(0, Math.max(0, sizes[i] - 1)));
      }
      Shape grid = Creation.shape(name, sizes);
      long total = grid.numel();
      Tensor hist = Creation.full(points.device(), Shape.of(total), 0, points.dtype());
      if (total > 0) {
        Tensor each = weight == null ? hist.newOnes(1).expand(points.size(0)) : weight.flatten();
        IndexOps.addAt(hist, place.maskedSelect(inside), each.maskedSelect(inside));
      }
      hist = ViewOps.reshape(hist, grid);
      if (options.isDense()) {
        hist = density(hist, edges);
      }
      return new Histogram(hist, edges.stream().map(Tensor::detach).toList());
    }
  }

  private static Tensor density(Tensor hist, List<Tensor> edges) {
    Tensor y = hist.div(hist.sum());
    for (int i = 0; i < edges.size(); i++) {
      Tensor edge = edges.get(i).detach();
      Tensor width = edge.narrow(0, 1, edge.numel() - 1).sub(edge.narrow(0, 0, edge.numel() - 1));
      long[] sizes = new long[edges.size()];
      Arrays.fill(sizes, 1);
      sizes[i] = width.numel();
      y = y.div(ViewOps.reshape(width, Shape.of(sizes)));
    }
    return y;
  }
}
