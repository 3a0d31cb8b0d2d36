package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.nn.GridSample.Mode;
import dev.chagres.nn.Upsample.Corners;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Images and volumes read at places that lie anywhere: each neighbour of the places is one reading,
 * and what is beyond the edges has the weight 0.
 */
final class GridSampling {
  // Keys, 1981, with the a of PyTorch
  private static final double A = -0.75;

  private final Tensor flat;
  private final long[] sizes;
  private final GridSample.Options options;

  private GridSampling(Tensor x, GridSample.Options options) {
    this.flat = x.flatten(2);
    this.sizes = x.shape().slice(2, x.dim()).toArray();
    this.options = options;
  }

  static Tensor sample(Tensor x, Tensor grid, GridSample.Options options) {
    String name = "gridSample";
    given(name, "input", x);
    given(name, "grid", grid);
    given(name, "options", options);
    int dims = x.dim() - 2;
    if ((dims != 2 && dims != 3)
        || grid.dim() != x.dim()
        || grid.size(0) != x.size(0)
        || grid.size(-1) != dims) {
      throw new IllegalArgumentException(
          name
              + ": needs images (n, c, h, w) and places (n, h', w', 2), or volumes (n, c, d, h, w)"
              + " and places (n, d', h', w', 3), not "
              + x.shape()
              + " and "
              + grid.shape());
    }
    Checks.oneFloatingDtype(name, x, grid);
    if (options.mode() == Mode.BICUBIC && dims != 2) {
      throw new IllegalArgumentException(name + ": bicubic is for images, not for " + x.shape());
    }
    for (int dim = 2; dim < x.dim(); dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            name + ": only batch and channels of " + x.shape() + " may be empty");
      }
    }
    Tensor places = Checks.widened(grid).flatten(1, -2);
    Tensor y = new GridSampling(Checks.widened(x), options).at(places);
    Shape shape = Shape.of(x.size(0), x.size(1)).concat(grid.shape().slice(1, grid.dim() - 1));
    return y.reshape(shape.toArray()).to(x.dtype());
  }

  /** Reads at (n, places, dims), whose last dimension counts from the last of the input. */
  private Tensor at(Tensor places) {
    int dims = sizes.length;
    List<Tensor> along = new ArrayList<>();
    for (int dim = 0; dim < dims; dim++) {
      along.add(position(places.select(-1, dims - 1 - dim), sizes[dim]));
    }
    return switch (options.mode()) {
      case NEAREST -> {
        List<Tensor> nearest = new ArrayList<>();
        for (int dim = 0; dim < dims; dim++) {
          nearest.add(within(along.get(dim), sizes[dim]).round());
        }
        yield read(nearest, unmoved(nearest));
      }
      case BILINEAR -> {
        List<Tensor> inside = new ArrayList<>();
        for (int dim = 0; dim < dims; dim++) {
          inside.add(within(along.get(dim), sizes[dim]));
        }
        yield between(inside);
      }
      case BICUBIC -> cubic(along.get(0), along.get(1));
    };
  }

  /** From -1 and 1, which are the edges or the outermost middles, to numbers of elements. */
  private Tensor position(Tensor place, long size) {
    return options.corners() == Corners.ALIGNED
        ? place.add(1).mul(0.5 * (size - 1))
        : place.add(1).mul(size).sub(1).mul(0.5);
  }

  private Tensor within(Tensor position, long size) {
    return switch (options.beyond()) {
      case ZEROS -> position;
      case BORDER -> position.clamp(0, size - 1);
      case REFLECTION ->
          (options.corners() == Corners.ALIGNED
                  ? reflected(position, 0, size - 1)
                  : reflected(position, -0.5, size))
              .clamp(0, size - 1);
    };
  }

  private static Tensor reflected(Tensor position, double least, long span) {
    if (span == 0) {
      return position.mul(0);
    }
    Tensor distance = position.sub(least).abs();
    Tensor rest = distance.fmod(span);
    Tensor odd = distance.detach().div(span).floor().remainder(2).ne(0);
    return Tensor.where(odd, rest.rsub(span), rest).add(least);
  }

  /** The weight 1, whose gradient is 0 wherever the places are. */
  private static Tensor unmoved(List<Tensor> places) {
    Tensor weight = places.getFirst().detach().onesLike();
    for (Tensor place : places) {
      weight = place.requiresGrad() ? weight.add(place.sub(place.detach())) : weight;
    }
    return weight;
  }

  private Tensor between(List<Tensor> along) {
    int dims = along.size();
    List<Tensor> first = along.stream().map(place -> place.detach().floor()).toList();
    List<Tensor> parts = new ArrayList<>();
    for (int dim = 0; dim < dims; dim++) {
      parts.add(along.get(dim).sub(first.get(dim)));
    }
    Tensor sum = flat.newZeros(1);
    for (int corner = 0; corner < 1 << dims; corner++) {
      List<Tensor> at = new ArrayList<>();
      Tensor weight = flat.newOnes(1);
      for (int dim = 0; dim < dims; dim++) {
        boolean behind = (corner >> dim & 1) == 1;
        at.add(behind ? first.get(dim).add(1) : first.get(dim));
        weight = weight.mul(behind ? parts.get(dim) : parts.get(dim).rsub(1));
      }
      sum = sum.add(read(at, weight));
    }
    return sum;
  }

  private Tensor cubic(Tensor y, Tensor x) {
    Tensor top = y.detach().floor();
    Tensor left = x.detach().floor();
    List<Tensor> rows = weights(y.sub(top));
    List<Tensor> columns = weights(x.sub(left));
    Tensor sum = flat.newZeros(1);
    for (int i = 0; i < 4; i++) {
      Tensor row = within(top.add(i - 1), sizes[0]);
      for (int j = 0; j < 4; j++) {
        Tensor column = within(left.add(j - 1), sizes[1]);
        sum = sum.add(read(List.of(row, column), rows.get(i).mul(columns.get(j))));
      }
    }
    return sum;
  }

  private static List<Tensor> weights(Tensor part) {
    Tensor rest = part.rsub(1);
    return List.of(far(part.add(1)), near(part), near(rest), far(rest.add(1)));
  }

  /** The weight of what is at most 1 away. */
  private static Tensor near(Tensor t) {
    return t.mul(A + 2).sub(A + 3).mul(t).mul(t).add(1);
  }

  /** The weight of what is 1 to 2 away. */
  private static Tensor far(Tensor t) {
    return t.mul(A).sub(5 * A).mul(t).add(8 * A).mul(t).sub(4 * A);
  }

  /** Reads whole positions (n, places) along each dimension, with weights (n, places). */
  private Tensor read(List<Tensor> at, Tensor weight) {
    Tensor inside = weight.detach().isfinite();
    Tensor place = inside.newZeros(1).toLong();
    for (int dim = 0; dim < at.size(); dim++) {
      long size = sizes[dim];
      Tensor here = at.get(dim).detach();
      inside = inside.logicalAnd(here.ge(0)).logicalAnd(here.lt(size));
      // What is NaN has no place, and is not inside
      place = place.mul(size).add(here.nanToNum().clamp(0, size - 1).toLong());
    }
    long[] shape = {flat.size(0), flat.size(1), place.size(-1)};
    Tensor values = flat.gather(2, place.unsqueeze(1).expand(shape));
    return values.mul(weight.maskedFill(inside.logicalNot(), 0).unsqueeze(1));
  }

  // ---- grids

  static Tensor affine(Tensor theta, Shape size, Corners corners) {
    String name = "affineGrid";
    given(name, "theta", theta);
    given(name, "size", size);
    given(name, "corners", corners);
    int dims = size.dim() - 2;
    if ((dims != 2 && dims != 3)
        || !theta.shape().equals(Shape.of(size.size(0), dims, dims + 1))
        || !theta.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": needs floating matrices (n, 2, 3) for a size (n, c, h, w), or (n, 3, 4) for (n,"
              + " c, d, h, w), not "
              + theta.dtype()
              + " "
              + theta.shape()
              + " for "
              + size);
    }
    List<Tensor> axes = new ArrayList<>();
    Shape grid = size.slice(2, size.dim());
    for (int dim = dims - 1; dim >= 0; dim--) {
      long[] shape = new long[dims];
      Arrays.fill(shape, 1);
      shape[dim] = grid.size(dim);
      axes.add(middles(theta, grid.size(dim), corners).view(shape).expand(grid.toArray()));
    }
    axes.add(theta.newOnes(grid.toArray()));
    Tensor base = Tensor.stack(axes, -1).flatten(0, -2);
    return base.matmul(theta.mT())
        .reshape(Shape.of(size.size(0)).concat(grid).concat(Shape.of(dims)).toArray());
  }

  private static Tensor middles(Tensor like, long count, Corners corners) {
    if (count == 1) {
      return like.newZeros(1);
    }
    Tensor ends = Tensor.linspace(like.device(), like.dtype(), -1, 1, count);
    return corners == Corners.ALIGNED ? ends : ends.mul(count - 1).div(count);
  }
}
