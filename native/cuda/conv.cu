/*
 * Convolution as a matrix product: images to columns of patches and back; and maximum pooling. Operands are contiguous. An
 * image here is one group of channels of an image. Index is int where all positions fit, for its divisions.
 */
#include "base.cuh"

struct Geometry {
  long long channels, height, width, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, out_h,
      out_w;
};

/*
 * columns (images, channels * kernel_h * kernel_w, out_h * out_w), numel elements; padding reads as 0. Or, with several
 * images side by side, (planes of an image * kernel_h * kernel_w, images, out_h * out_w).
 */
template <class M, class Index>
__global__ void im2col(long long numel, Geometry g, long long beside, long long planes, const M *images, M *columns) {
  const Index out_w = (Index)g.out_w, out_h = (Index)g.out_h, kernel_w = (Index)g.kernel_w, kernel_h = (Index)g.kernel_h;
  EACH(Index, i, numel) {
    const Index line = i / out_w, w = i - line * out_w, rest = line / out_h, h = line - rest * out_h;
    const Index row = rest / (Index)beside, image = rest - row * (Index)beside;
    const Index tap = row / kernel_w, kw = row - tap * kernel_w, own = tap / kernel_h, kh = tap - own * kernel_h;
    const long long plane = own + image * planes;
    const long long y = h * g.stride_h + kh * g.dilation_h - g.pad_h, x = w * g.stride_w + kw * g.dilation_w - g.pad_w;
    const bool inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
    columns[i] = inside ? images[(plane * g.height + y) * g.width + x] : M{};
  }
}

/* Each of numel pixels of images becomes the sum over the places that im2col put it to. */
template <class M, class Index>
__global__ void col2im(long long numel, Geometry g, const M *columns, M *images) {
  EACH(Index, i, numel) {
    const Index line = i / (Index)g.width, plane = line / (Index)g.height;
    const Index x = i - line * (Index)g.width + (Index)g.pad_w, y = line - plane * (Index)g.height + (Index)g.pad_h;
    Value<M> sum = 0;
    for (Index kh = 0; kh < (Index)g.kernel_h; kh++) {
      const Index down = y - kh * (Index)g.dilation_h, h = down / (Index)g.stride_h;
      if (down < 0 || h * (Index)g.stride_h != down || h >= (Index)g.out_h) { continue; }
      for (Index kw = 0; kw < (Index)g.kernel_w; kw++) {
        const Index right = x - kw * (Index)g.dilation_w, w = right / (Index)g.stride_w;
        if (right < 0 || w * (Index)g.stride_w != right || w >= (Index)g.out_w) { continue; }
        const long long row = ((long long)plane * g.kernel_h + kh) * g.kernel_w + kw;
        sum += read(columns[(row * g.out_h + h) * g.out_w + w]);
      }
    }
    images[i] = write<M>(sum);
  }
}

/*
 * The maximum of each of numel windows and its flat position in the plane. A NaN wins, and the last of several. Padding never
 * wins: a window without a pixel has minus infinity and the position -1.
 */
template <class M, class Index>
__global__ void max_pool(long long numel, Geometry g, const M *x, M *y, long long *positions) {
  typedef Value<M> V;
  EACH(Index, i, numel) {
    const Index line = i / (Index)g.out_w, w = i - line * (Index)g.out_w;
    const Index plane = line / (Index)g.out_h, h = line - plane * (Index)g.out_h;
    const long long top = h * g.stride_h - g.pad_h, left = w * g.stride_w - g.pad_w;
    /* The kernel's first places inside: it may be large, and reach far beyond the image. */
    const long long first_h = top < 0 ? (-top - 1) / g.dilation_h + 1 : 0;
    const long long first_w = left < 0 ? (-left - 1) / g.dilation_w + 1 : 0;
    V best = -(V)INFINITY;
    long long at = -1;
    for (long long kh = first_h; kh < g.kernel_h; kh++) {
      const long long row = top + kh * g.dilation_h;
      if (row >= g.height) { break; }
      for (long long kw = first_w; kw < g.kernel_w; kw++) {
        const long long column = left + kw * g.dilation_w;
        if (column >= g.width) { break; }
        const V v = read(x[(plane * g.height + row) * g.width + column]);
        if (at < 0 || v > best || v != v) {
          best = v;
          at = row * g.width + column;
        }
      }
    }
    y[i] = write<M>(best);
    positions[i] = at;
  }
}

/*
 * Its gradient: to planes of `in` elements, which are 0 before, the g, `out` a plane, are added at their positions; g at a
 * position outside, as -1, count nowhere. Where windows overlap, threads take turns in no certain order: the last digits of
 * sums may differ from run to run.
 */
template <class M, class Index>
__global__ void max_unpool(long long numel, long long out, long long in, const M *g, const long long *positions,
                           Value<M> *x) {
  EACH(Index, i, numel) {
    const long long at = positions[i];
    if (at >= 0 && at < in) { atomicAdd(x + i / (Index)out * in + at, read(g[i])); }
  }
}
