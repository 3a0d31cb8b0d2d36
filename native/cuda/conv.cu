/*
 * Convolution as a matrix product: images to columns of patches and back; and maximum pooling. Operands are contiguous. An
 * image here is one group of channels of an image.
 */
#include "base.cuh"

struct Geometry {
  long long channels, height, width, kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w, out_h,
      out_w;
};

/* columns (images, channels * kernel_h * kernel_w, out_h * out_w), numel elements; padding reads as 0. */
template <class M>
__global__ void im2col(long long numel, Geometry g, const M *images, M *columns) {
  EACH(long long, i, numel) {
    const long long w = i % g.out_w, h = i / g.out_w % g.out_h, row = i / g.out_w / g.out_h;
    const long long kw = row % g.kernel_w, kh = row / g.kernel_w % g.kernel_h, plane = row / g.kernel_w / g.kernel_h;
    const long long y = h * g.stride_h + kh * g.dilation_h - g.pad_h, x = w * g.stride_w + kw * g.dilation_w - g.pad_w;
    const bool inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
    columns[i] = inside ? images[(plane * g.height + y) * g.width + x] : M{};
  }
}

/* Each of numel pixels of images becomes the sum over the places that im2col put it to. */
template <class M>
__global__ void col2im(long long numel, Geometry g, const M *columns, M *images) {
  EACH(long long, i, numel) {
    const long long x = i % g.width + g.pad_w, y = i / g.width % g.height + g.pad_h, plane = i / g.width / g.height;
    Value<M> sum = 0;
    for (long long kh = 0; kh < g.kernel_h; kh++) {
      const long long down = y - kh * g.dilation_h, h = down / g.stride_h;
      if (down < 0 || down % g.stride_h != 0 || h >= g.out_h) { continue; }
      for (long long kw = 0; kw < g.kernel_w; kw++) {
        const long long right = x - kw * g.dilation_w, w = right / g.stride_w;
        if (right < 0 || right % g.stride_w != 0 || w >= g.out_w) { continue; }
        sum += read(columns[(((plane * g.kernel_h + kh) * g.kernel_w + kw) * g.out_h + h) * g.out_w + w]);
      }
    }
    images[i] = write<M>(sum);
  }
}

/*
 * The maximum of each of numel windows and its flat position in the plane. A NaN wins, and the last of several. Padding never
 * wins: a window without a pixel has minus infinity and the position -1.
 */
template <class M>
__global__ void max_pool(long long numel, Geometry g, const M *x, M *y, long long *positions) {
  typedef Value<M> V;
  EACH(long long, i, numel) {
    const long long w = i % g.out_w, h = i / g.out_w % g.out_h, plane = i / g.out_w / g.out_h;
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
template <class M>
__global__ void max_unpool(long long numel, long long out, long long in, const M *g, const long long *positions,
                           Value<M> *x) {
  EACH(long long, i, numel) {
    const long long at = positions[i];
    if (at >= 0 && at < in) { atomicAdd(x + i / out * in + at, read(g[i])); }
  }
}
