package dev.chagres.testing;

import static dev.chagres.testing.OtherRows.smooth;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.testing.OpDb.Call;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of products of matrices, and of convolutions and pooling. */
final class MatrixRows {
  static final List<Row> ROWS = new ArrayList<>();

  static {
    products();
    convolutions();
    pooling();
  }

  private MatrixRows() {}

  private static long[] of(long... values) {
    return values;
  }

  // ---- products

  private static void products() {
    product("matmul of vectors", of(5), of(5));
    product("matmul of a vector and a matrix", of(3), of(3, 4));
    product("matmul of a matrix and a vector", of(2, 3), of(3));
    product("matmul of matrices", of(2, 3), of(3, 4));
    product("matmul of squares", of(3, 3), of(3, 3));
    product("matmul of a batch and a matrix", of(2, 4, 3), of(3, 2));
    product("matmul of a matrix and a batch", of(2, 3), of(2, 3, 2));
    product("matmul of batches", of(2, 2, 3), of(2, 3, 2));
    product("matmul of broadcast batches", of(2, 1, 2, 3), of(3, 3, 1));
    product("matmul of a vector and a batch", of(3), of(2, 3, 2));
    product("matmul of a batch and a vector", of(2, 2, 3), of(3));
    product("matmul without inner elements", of(2, 0), of(0, 3));
    product("matmul without rows", of(0, 3), of(3, 2));
    product("matmul without batches", of(0, 2, 3), of(1, 3, 2));
    product("matmul of rows and columns", of(1, 4), of(4, 1));
    product("matmul of columns and rows", of(4, 1), of(1, 3));
    ROWS.add(row("mm", of(3, 5), of(5, 2), in -> in.get(0).mm(in.get(1))));
    ROWS.add(row("mv", of(3, 5), of(5), in -> in.get(0).mv(in.get(1))));
    ROWS.add(row("dot", of(5), of(5), in -> in.get(0).dot(in.get(1))));
    ROWS.add(row("bmm", of(2, 2, 3), of(2, 3, 2), in -> in.get(0).bmm(in.get(1))));
    ROWS.add(
        smooth(
            "outer",
            List.of(of(3), of(4)),
            in -> in.get(0).outer(in.get(1)),
            in -> Plain.fill(of(3, 4), i -> in.get(0).at(i[0]) * in.get(1).at(i[1]))));
    for (long[] bias : new long[][] {{2, 4}, {4}, {2, 1}, {}}) {
      addmm("addmm with a bias of rank " + bias.length + "," + bias(bias), bias, 1, 1);
      addmm("addmm scaled, bias" + bias(bias), bias, 0.5, -2);
    }
    addmm("addmm without the bias", of(2, 4), 0, 1.5);
  }

  private static String bias(long... sizes) {
    return Arrays.toString(sizes);
  }

  private static void addmm(String name, long[] bias, double beta, double alpha) {
    ROWS.add(
        smooth(
            name,
            List.of(bias, of(2, 3), of(3, 4)),
            in -> in.get(0).addmm(in.get(1), in.get(2), beta, alpha),
            in -> {
              Plain ab = matmul(in.get(1), in.get(2));
              return Plain.fill(of(2, 4), i -> beta * in.get(0).broadcastAt(i) + alpha * ab.at(i));
            }));
  }

  private static void product(String name, long[] a, long[] b) {
    ROWS.add(row(name, a, b, in -> in.get(0).matmul(in.get(1))));
  }

  private static Row row(String name, long[] a, long[] b, Call call) {
    return smooth(name, List.of(a, b), call, in -> matmul(in.get(0), in.get(1)));
  }

  /** PyTorch's matmul, by its definition. */
  static Plain matmul(Plain a, Plain b) {
    if (a.dim() == 1) {
      Plain rows = matmul(a.reshape(1, a.size(0)), b);
      return rows.reshape(Indices.removed(rows.sizes(), rows.dim() - (b.dim() == 1 ? 1 : 2)));
    }
    if (b.dim() == 1) {
      Plain columns = matmul(a, b.reshape(b.size(0), 1));
      return columns.reshape(Indices.removed(columns.sizes(), columns.dim() - 1));
    }
    int rank = Math.max(a.dim(), b.dim());
    long[] sizes = new long[rank];
    for (int d = 0; d < rank - 2; d++) {
      long x = d < rank - a.dim() ? 1 : a.size(d - rank + a.dim());
      long y = d < rank - b.dim() ? 1 : b.size(d - rank + b.dim());
      sizes[d] = x == 1 ? y : x;
    }
    sizes[rank - 2] = a.size(a.dim() - 2);
    sizes[rank - 1] = b.size(b.dim() - 1);
    return Plain.fill(
        sizes,
        i -> {
          double sum = 0;
          for (long k = 0; k < a.size(a.dim() - 1); k++) {
            sum +=
                a.broadcastAt(Indices.with(i, rank - 1, k))
                    * b.broadcastAt(Indices.with(i, rank - 2, k));
          }
          return sum;
        });
  }

  // ---- convolutions

  private static void convolutions() {
    convolution("conv2d", of(2, 2, 5, 4), of(3, 2, 3, 2), sliding(1, 1, 0, 0, 1, 1), 1);
    convolution("conv2d 1x1", of(1, 3, 4, 4), of(2, 3, 1, 1), sliding(1, 1, 0, 0, 1, 1), 1);
    convolution("conv2d padded", of(1, 2, 4, 5), of(2, 2, 3, 3), sliding(1, 1, 1, 2, 1, 1), 1);
    convolution(
        "conv2d with strides", of(2, 1, 6, 7), of(2, 1, 3, 2), sliding(2, 3, 1, 0, 1, 1), 1);
    convolution("conv2d dilated", of(1, 2, 6, 6), of(1, 2, 2, 3), sliding(1, 1, 0, 1, 2, 2), 1);
    convolution("conv2d in groups", of(2, 4, 4, 3), of(6, 2, 2, 2), sliding(1, 1, 1, 0, 1, 1), 2);
    convolution("conv2d by depth", of(1, 3, 4, 4), of(3, 1, 3, 3), sliding(1, 2, 1, 1, 1, 1), 3);
    convolution(
        "conv2d of all of it", of(1, 1, 3, 3), of(1, 1, 3, 3), sliding(1, 1, 0, 0, 1, 1), 1);
    convolution(
        "conv2d of no images", of(0, 2, 4, 4), of(1, 2, 3, 3), sliding(1, 1, 0, 0, 1, 1), 1);
  }

  private static Sliding sliding(long sh, long sw, long ph, long pw, long dh, long dw) {
    return new Sliding(new Pair(sh, sw), new Pair(ph, pw), new Pair(dh, dw));
  }

  private static void convolution(
      String name, long[] x, long[] weight, Sliding sliding, int groups) {
    ROWS.add(
        smooth(
            name,
            List.of(x, weight),
            in -> Primitives.of(in.get(0)).conv2d(in.get(0), in.get(1), null, sliding, groups),
            in -> conv2d(in.get(0), in.get(1), null, sliding, groups)));
    ROWS.add(
        smooth(
            name + ", with a bias",
            List.of(x, weight, of(weight[0])),
            in -> Primitives.of(in.get(0)).conv2d(in.get(0), in.get(1), in.get(2), sliding, groups),
            in -> conv2d(in.get(0), in.get(1), in.get(2), sliding, groups)));
  }

  private static long along(Pair pair, int axis) {
    return axis == 0 ? pair.height() : pair.width();
  }

  private static long places(long size, long kernel, int axis, Sliding s) {
    return (size + 2 * along(s.padding(), axis) - along(s.dilation(), axis) * (kernel - 1) - 1)
            / along(s.stride(), axis)
        + 1;
  }

  private static Plain conv2d(Plain x, Plain weight, @Nullable Plain bias, Sliding s, int groups) {
    long outs = weight.size(0);
    long each = weight.size(1);
    long[] sizes = {
      x.size(0),
      outs,
      places(x.size(2), weight.size(2), 0, s),
      places(x.size(3), weight.size(3), 1, s)
    };
    return Plain.fill(
        sizes,
        i -> {
          double sum = bias == null ? 0 : bias.at(i[1]);
          long first = i[1] / (outs / groups) * each;
          for (long c = 0; c < each; c++) {
            for (long kh = 0; kh < weight.size(2); kh++) {
              for (long kw = 0; kw < weight.size(3); kw++) {
                long h =
                    i[2] * s.stride().height() - s.padding().height() + kh * s.dilation().height();
                long w =
                    i[3] * s.stride().width() - s.padding().width() + kw * s.dilation().width();
                sum += weight.at(i[1], c, kh, kw) * x.orZero(i[0], first + c, h, w);
              }
            }
          }
          return sum;
        });
  }

  // ---- pooling

  private static void pooling() {
    pool("maxPool2d", of(2, 2, 4, 6), of(2, 2), sliding(2, 2, 0, 0, 1, 1), Rounding.FLOOR);
    pool(
        "maxPool2d overlapping",
        of(1, 2, 5, 5),
        of(3, 3),
        sliding(1, 2, 1, 1, 1, 1),
        Rounding.FLOOR);
    pool(
        "maxPool2d with a part",
        of(1, 1, 5, 6),
        of(2, 3),
        sliding(2, 4, 0, 0, 1, 1),
        Rounding.CEIL);
    pool("maxPool2d dilated", of(1, 1, 6, 6), of(2, 2), sliding(2, 1, 0, 0, 3, 2), Rounding.FLOOR);
  }

  private static void pool(String name, long[] x, long[] kernel, Sliding s, Rounding rounding) {
    ROWS.add(
        smooth(
            name,
            List.of(x),
            in ->
                Primitives.of(in.getFirst())
                    .maxPool2d(in.getFirst(), new Pair(kernel[0], kernel[1]), s, rounding)
                    .values(),
            in -> pooled(in.getFirst(), kernel, s, rounding)));
  }

  private static Plain pooled(Plain x, long[] kernel, Sliding s, Rounding rounding) {
    long[] sizes = {
      x.size(0),
      x.size(1),
      windows(x.size(2), kernel[0], 0, s, rounding),
      windows(x.size(3), kernel[1], 1, s, rounding)
    };
    return Plain.fill(
        sizes,
        i -> {
          double best = Double.NEGATIVE_INFINITY;
          for (long kh = 0; kh < kernel[0]; kh++) {
            for (long kw = 0; kw < kernel[1]; kw++) {
              long h =
                  i[2] * s.stride().height() - s.padding().height() + kh * s.dilation().height();
              long w = i[3] * s.stride().width() - s.padding().width() + kw * s.dilation().width();
              if (h >= 0 && h < x.size(2) && w >= 0 && w < x.size(3)) {
                best = Math.max(best, x.at(i[0], i[1], h, w));
              }
            }
          }
          return best;
        });
  }

  /** A last window counts, rounding up, if it begins inside the image or the padding in front. */
  private static long windows(long size, long kernel, int axis, Sliding s, Rounding rounding) {
    long count = 0;
    long reach = along(s.dilation(), axis) * (kernel - 1) + 1;
    for (long start = -along(s.padding(), axis); ; start += along(s.stride(), axis)) {
      boolean whole = start + reach <= size + along(s.padding(), axis);
      boolean begins = start < size && rounding == Rounding.CEIL;
      // Rounding up adds at most one window that does not fit.
      if (!whole
          && (!begins
              || count == 0
              || start - along(s.stride(), axis) + reach >= size + along(s.padding(), axis))) {
        return count;
      }
      count++;
    }
  }
}
