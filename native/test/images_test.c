/* The kernels of images, convolution and pooling, against plain loops; linked into kernels_test. */
#include "values.h"

/* Pooling of few different numbers, beside window after window: of equal ones the first counts, of NaNs the last. */
static void test_pooling(int dtype, ch_long height, ch_long width, ch_long kernel, ch_long stride, ch_long pad, ch_long dilation) {
  const double some[] = {-INFINITY, 0, 1, 1, 2, NAN};
  const ch_long oh = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  const ch_long ow = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long g[] = {1, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  struct run image = make_run(dtype, height * width, 1), y = make_run(dtype, oh * ow, 1);
  ch_long *positions = malloc((size_t)(oh * ow) * sizeof *positions);
  for (ch_long i = 0; i < height * width; i++) {
    put(dtype, image.block, i, (struct value){some[random_word() % 6], 0});
  }
  ch_max_pool2d(dtype, 1, g, image.block, y.block, positions);
  int same = 1;
  for (ch_long o = 0; o < oh * ow; o++) {
    ch_long where = -1;
    for (ch_long k = 0; k < kernel * kernel; k++) {
      const ch_long r = o / ow * stride + k / kernel * dilation - pad, q = o % ow * stride + k % kernel * dilation - pad;
      if (r >= 0 && r < height && q >= 0 && q < width) {
        const double v = get(dtype, image.block, r * width + q).d;
        where = where < 0 || v != v || v > get(dtype, image.block, where).d ? r * width + q : where;
      }
    }
    const double best = get(dtype, image.block, where).d, found = get(dtype, y.block, o).d;
    same &= positions[o] == where && (found == best || (isnan(found) && isnan(best)));
  }
  CHECK(same, "max_pool2d of equal numbers %s %lld %lld %lld %lld %lld", dtype_names[dtype], width, kernel, stride, pad, dilation);
  free(positions);
  free(image.block);
  free(y.block);
}

static void test_convolution(int dtype, ch_long channels, ch_long height, ch_long width, ch_long kernel, ch_long stride,
                             ch_long pad, ch_long dilation) {
  ch_long oh = (height + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long ow = (width + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  ch_long rows = channels * kernel * kernel, out = oh * ow;
  struct run image = make_run(dtype, channels * height * width, 1), column = make_run(dtype, rows * out, 1);
  struct run back = make_run(dtype, channels * height * width, 1), y = make_run(dtype, channels * out, 1);
  for (ch_long i = 0; i < channels * height * width; i++) {
    put(dtype, image.block, i, (struct value){random_word() % 1000, 0});
  }
  ch_long *positions = malloc((size_t)(channels * out) * sizeof *positions);
  double *expected = calloc((size_t)(channels * height * width), sizeof *expected);
  ch_im2col(dtype, g, out, image.block, column.block);
  ch_col2im(dtype, g, out, column.block, back.block);
  ch_max_pool2d(dtype, channels, g, image.block, y.block, positions);
  int same = 1, pooled = 1;
  for (ch_long o = 0; o < out; o++) {
    for (ch_long c = 0; c < channels; c++) {
      double best = -1;
      ch_long where = -1;
      for (ch_long k = 0; k < kernel * kernel; k++) {
        ch_long r = o / ow * stride + k / kernel * dilation - pad, q = o % ow * stride + k % kernel * dilation - pad;
        int inside = r >= 0 && r < height && q >= 0 && q < width;
        double v = inside ? get(dtype, image.block, (c * height + r) * width + q).d : 0;
        same &= get(dtype, column.block, (c * kernel * kernel + k) * out + o).d == v;
        if (inside) {
          expected[(c * height + r) * width + q] += v;
        }
        if (inside && v > best) {
          best = v;
          where = r * width + q;
        }
      }
      pooled &= where < 0 || (get(dtype, y.block, c * out + o).d == best && positions[c * out + o] == where);
    }
  }
  CHECK(same, "im2col %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  CHECK(pooled, "max_pool2d %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  struct run spread = make_run(dtype, channels * height * width, 1);
  ch_max_unpool2d(dtype, channels, height * width, out, y.block, positions, spread.block);
  same = 1;
  for (ch_long c = 0; c < channels; c++) {
    for (ch_long i = 0; i < height * width; i++) {
      double sum = 0;
      for (ch_long o = 0; o < out; o++) {
        sum += positions[c * out + o] == i ? get(dtype, y.block, c * out + o).d : 0;
      }
      same &= get(dtype, spread.block, c * height * width + i).d == sum;
    }
  }
  CHECK(same, "max_unpool2d %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  free(spread.block);
  same = 1;
  for (ch_long i = 0; i < channels * height * width; i++) {
    same &= get(dtype, back.block, i).d == expected[i];
  }
  CHECK(same, "col2im %s %lld %lld %lld %lld", dtype_names[dtype], kernel, stride, pad, dilation);
  free(image.block), free(column.block), free(back.block), free(y.block), free(positions), free(expected);
}

/* Small whole numbers, whose sums are exact. */
static struct run whole_numbers(int dtype, ch_long n) {
  struct run x = make_run(dtype, n, 1);
  for (ch_long i = 0; i < n; i++) {
    put(dtype, x.block, i, (struct value){(double)(random_word() % 7) - 3, 0});
  }
  return x;
}

/* Convolution of two images as they lie, and its gradients, against the pairs of pixels and kernels that meet. */
static void test_direct(int dtype, ch_long channels, ch_long features, ch_long height, ch_long width, ch_long kernel,
                        ch_long stride, ch_long pad, ch_long dilation) {
  const ch_long reach = (kernel - 1) * dilation, taps = kernel * kernel, images = 2;
  const ch_long oh = (height + 2 * pad - reach - 1) / stride + 1, ow = (width + 2 * pad - reach - 1) / stride + 1;
  const ch_long in = channels * height * width, out = features * oh * ow, most = channels > features ? channels : features;
  const ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  const ch_long back[] = {features, oh, ow, kernel, kernel, 1, 1, reach - pad, reach - pad, dilation, dilation, height, width};
  struct run x = whole_numbers(dtype, images * in), w = whole_numbers(dtype, features * channels * taps);
  struct run bias = whole_numbers(dtype, features), slope = whole_numbers(dtype, images * out);
  struct run y = whole_numbers(dtype, images * out), gx = whole_numbers(dtype, images * in);
  struct run gw = whole_numbers(dtype, features * channels * taps);
  struct run packed = make_run(dtype, (most + 7) * most * taps, 1);
  const ch_long frame = (most + 15) * (height + 2 * pad + 2 * reach) * (width + 2 * pad + 2 * reach);
  void *work = aligned_alloc(64, (size_t)((most * taps + frame + 64) * 8 + 63) / 64 * 64);
  double *ey = calloc((size_t)(images * out), 8), *ex = calloc((size_t)(images * in), 8);
  double *ew = calloc((size_t)(features * channels * taps), 8);
  for (ch_long i = 0; i < images * out * channels * taps; i++) {
    const ch_long t = i % taps, c = i / taps % channels, o = i / taps / channels, f = o / (oh * ow) % features;
    const ch_long r = o / ow % oh * stride + t / kernel * dilation - pad, q = o % ow * stride + t % kernel * dilation - pad;
    if (r >= 0 && r < height && q >= 0 && q < width) {
      const ch_long at = ((o / out * channels + c) * height + r) * width + q, k = (f * channels + c) * taps + t;
      ey[o] += get(dtype, x.block, at).d * get(dtype, w.block, k).d;
      ex[at] += get(dtype, slope.block, o).d * get(dtype, w.block, k).d;
      ew[(f * taps + t) * channels + c] += get(dtype, slope.block, o).d * get(dtype, x.block, at).d;
    }
  }
  int same = 1;
  if (stride == 1) {
    const ch_long half = oh / 2;
    ch_conv2d_pack(dtype, g, features, 0, w.block, packed.block);
    ch_conv2d(dtype, g, images, in, out, features, 0, half, x.block, packed.block, bias.block, y.block, work);
    ch_conv2d(dtype, g, images, in, out, features, half, oh, x.block, packed.block, bias.block, y.block, work);
    for (ch_long o = 0; o < images * out; o++) {
      same &= get(dtype, y.block, o).d == ey[o] + get(dtype, bias.block, o / (oh * ow) % features).d;
    }
    CHECK(same, "conv2d %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  }
  if (stride == 1 && reach >= pad) {
    same = 1;
    ch_conv2d_pack(dtype, back, channels, 1, w.block, packed.block);
    ch_conv2d(dtype, back, images, out, in, channels, 0, height, slope.block, packed.block, NULL, gx.block, work);
    for (ch_long i = 0; i < images * in; i++) {
      same &= get(dtype, gx.block, i).d == ex[i];
    }
    CHECK(same, "conv2d back %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  }
  same = 1;
  ch_conv2d_weight(dtype, g, images, out, in, features, slope.block, x.block, gw.block, work);
  for (ch_long i = 0; i < features * channels * taps; i++) {
    same &= get(dtype, gw.block, i).d == ew[i];
  }
  CHECK(same, "conv2d_weight %s %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, pad, dilation);
  free(x.block), free(w.block), free(bias.block), free(slope.block), free(y.block), free(gx.block), free(gw.block);
  free(packed.block), free(work), free(ey), free(ex), free(ew);
}

/* Convolution of images side by side, and its gradients, in two shares each, against the same. */
static void test_beside(int dtype, ch_long images, ch_long channels, ch_long features, ch_long height, ch_long width,
                        ch_long kernel, ch_long stride, ch_long pad, ch_long dilation) {
  const ch_long reach = (kernel - 1) * dilation, taps = kernel * kernel, size = dtype == CH_FLOAT32 ? 4 : 8;
  const ch_long oh = (height + 2 * pad - reach - 1) / stride + 1, ow = (width + 2 * pad - reach - 1) / stride + 1;
  const ch_long pixels = height * width, places = oh * ow, in = channels * pixels, out = features * places;
  const ch_long g[] = {channels, height, width, kernel, kernel, stride, stride, pad, pad, dilation, dilation, oh, ow};
  const ch_long lanes = ch_vector_bytes() / size, rows = ch_conv2d_beside_rows();
  /* The most images that one call takes are a panel. */
#if defined(__aarch64__)
  const ch_long panel = 4 * lanes;
#else
  const ch_long panel = 2 * lanes;
#endif
  struct run x = whole_numbers(dtype, images * in), w = whole_numbers(dtype, features * channels * taps);
  struct run bias = whole_numbers(dtype, features), slope = whole_numbers(dtype, images * out);
  struct run y = whole_numbers(dtype, images * out), gx = whole_numbers(dtype, images * in);
  struct run gw = whole_numbers(dtype, features * channels * taps);
  const ch_long most = (channels > features ? channels : features) + panel, area = pixels > places ? pixels : places;
  void *beside = aligned_alloc(64, (size_t)((most + 1) * area * (images + panel) * 8 + 63) / 64 * 64);
  void *slopes = aligned_alloc(64, (size_t)(most * area * (images + panel) * 8 + 63) / 64 * 64);
  void *work = aligned_alloc(64, CH_BESIDE_BYTES > rows * taps * panel * 8 ? CH_BESIDE_BYTES : rows * taps * panel * 8);
  double *ey = calloc((size_t)(images * out), 8), *ex = calloc((size_t)(images * in), 8);
  double *ew = calloc((size_t)(features * channels * taps), 8);
  for (ch_long i = 0; i < images * out * channels * taps; i++) {
    const ch_long t = i % taps, c = i / taps % channels, o = i / taps / channels, f = o / places % features;
    const ch_long r = o / ow % oh * stride + t / kernel * dilation - pad, q = o % ow * stride + t % kernel * dilation - pad;
    if (r >= 0 && r < height && q >= 0 && q < width) {
      const ch_long at = ((o / out * channels + c) * height + r) * width + q, k = (f * channels + c) * taps + t;
      ey[o] += get(dtype, x.block, at).d * get(dtype, w.block, k).d;
      ex[at] += get(dtype, slope.block, o).d * get(dtype, w.block, k).d;
      ew[k] += get(dtype, slope.block, o).d * get(dtype, x.block, at).d;
    }
  }
  for (int back = 0; back <= 1; back++) {
    const ch_long from = back ? features : channels, to = back ? channels : features, tiles = (to + rows - 1) / rows;
    const ch_long sources = back ? places : pixels, results = back ? pixels : places;
    for (ch_long n = 0; n < images; n += panel) {
      const ch_long count = images - n < panel ? images - n : panel, half = from / 2;
      const char *first = (char *)(back ? slope.block : x.block) + n * from * sources * size;
      char *last = (char *)(back ? gx.block : y.block) + n * to * results * size;
      const void *level = back ? NULL : bias.block;
      memset(beside, -1, (size_t)((from + 1) * sources * panel * size)); /* NaN where nothing is laid out */
      ch_conv2d_beside_images(dtype, from, sources, count, from * sources, 0, half, first, beside);
      ch_conv2d_beside_images(dtype, from, sources, count, from * sources, half, from, first, beside);
      for (ch_long tile = 0; tile < tiles; tile += (tiles + 1) / 2) {
        const ch_long end = tile + (tiles + 1) / 2;
        ch_conv2d_beside(dtype, g, features, back, count, to * results, tile, end < tiles ? end : tiles, beside, w.block,
                         level, last, work);
      }
    }
    int same = 1;
    for (ch_long i = 0; i < images * to * results; i++) {
      same &= back ? get(dtype, gx.block, i).d == ex[i]
                   : get(dtype, y.block, i).d == ey[i] + get(dtype, bias.block, i / places % features).d;
    }
    CHECK(same, "conv2d_beside %d %s %lld %lld %lld %lld %lld", back, dtype_names[dtype], channels, kernel, stride, pad,
          dilation);
  }
  const ch_long tiles = (features + rows - 1) / rows, panels = (channels + panel - 1) / panel;
  for (ch_long n = 0; n < images; n += 20) {
    const ch_long count = images - n < 20 ? images - n : 20, half = tiles / 2;
    const char *of_x = (char *)x.block + n * in * size, *of_g = (char *)slope.block + n * out * size;
    ch_conv2d_beside_channels(dtype, panel, channels, pixels, count, in, 0, 1, of_x, beside);
    ch_conv2d_beside_channels(dtype, panel, channels, pixels, count, in, 1, panels, of_x, beside);
    ch_conv2d_beside_channels(dtype, rows, features, places, count, out, 0, tiles, of_g, slopes);
    ch_conv2d_beside_weight(dtype, g, features, count, 0, half, slopes, beside, n > 0, gw.block, work);
    ch_conv2d_beside_weight(dtype, g, features, count, half, tiles, slopes, beside, n > 0, gw.block, work);
  }
  int same = 1;
  for (ch_long i = 0; i < features * channels * taps; i++) {
    same &= get(dtype, gw.block, i).d == ew[i];
  }
  CHECK(same, "conv2d_beside_weight %s %lld %lld %lld %lld %lld", dtype_names[dtype], channels, kernel, stride, pad, dilation);
  free(x.block), free(w.block), free(bias.block), free(slope.block), free(y.block), free(gx.block), free(gw.block);
  free(beside), free(slopes), free(work), free(ey), free(ex), free(ew);
}

static void test_convolutions(void) {
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 4; kernel++) {
      for (ch_long pad = 0; pad <= 2; pad++) {
        test_beside(dtype, 5 + 14 * pad, 3 + 8 * pad, 9, 7, 6, kernel, 1 + kernel % 3, pad, 1 + pad % 2);
        test_beside(dtype, 21, 17 + pad, 12, 3 + kernel, 9, kernel, 1, pad, 1);
      }
    }
    test_beside(dtype, 33, 70, 50, 2, 2, 3, 1, 1, 1);   /* channels in parts */
    test_beside(dtype, 2, 1, 100, 20, 19, 5, 2, 2, 1);  /* places in bands */
    test_beside(dtype, 3, 9, 10, 4, 33, 3, 1, 1, 1);    /* and tiles */
    test_beside(dtype, 2, 2, 3, 18, 16, 16, 1, 1, 1);   /* as many taps as there may be */
  }
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 4; kernel++) {
      for (ch_long pad = 0; pad <= 2; pad++) {
        test_direct(dtype, 3 + 7 * pad, 9, 10, 17, kernel, 1, pad, 1 + kernel % 2);
        test_direct(dtype, 17 + pad, 5, 9, 8, kernel, 1 + kernel % 3, pad, 1);
      }
    }
    test_direct(dtype, 90, 150, 5, 7, 3, 1, 1, 1); /* a kernel in parts, and kernels too */
  }
  for (int dtype = CH_FLOAT32; dtype <= CH_FLOAT64; dtype++) {
    for (ch_long kernel = 1; kernel <= 5; kernel++) {
      for (ch_long stride = 1; stride <= 3; stride++) {
        for (ch_long pad = 0; pad <= kernel / 2; pad++) {
          for (ch_long dilation = 1; dilation <= 2; dilation++) {
            test_convolution(dtype, 2, 11, 13, kernel, stride, pad, dilation);
            test_pooling(dtype, 10, 45, kernel, stride, pad, dilation);
          }
        }
      }
    }
  }
  for (ch_long width = 2; width <= 36; width++) { /* windows side by side, in vectors */
    test_convolution(CH_FLOAT32, 1, 5, width, 2, 2, 0, 1);
    test_convolution(CH_FLOAT64, 1, 4, width, 2, 2, 0, 1);
  }
  test_pooling(CH_FLOAT32, 4, 1024, 3, 2, 1, 1);
  test_pooling(CH_FLOAT32, 4, 1025, 3, 2, 1, 1); /* too wide for columns first */
  float plane[] = {1, NAN, 3, 4, NAN, 0}, y[2];
  ch_long g[] = {1, 1, 6, 1, 3, 1, 3, 0, 0, 1, 1, 1, 2}, positions[2];
  ch_max_pool2d(CH_FLOAT32, 1, g, plane, y, positions);
  CHECK(isnan(y[0]) && positions[0] == 1 && isnan(y[1]) && positions[1] == 4, "max_pool2d with NaN");
  float four[] = {1, 1, 0, 1, 0, 1, NAN, 0, -INFINITY, -INFINITY, 1, 1, 0, 1, 0, NAN, 5, NAN, -INFINITY, -INFINITY}, best[5];
  ch_long h[] = {1, 2, 10, 2, 2, 2, 2, 0, 0, 1, 1, 1, 5}, where[] = {0, 3, 15, 17, 8}, found[5];
  ch_max_pool2d(CH_FLOAT32, 1, h, four, best, found);
  for (int i = 0; i < 5; i++) {
    CHECK(found[i] == where[i] && memcmp(best + i, four + where[i], sizeof(float)) == 0, "max_pool2d of pairs %d", i);
  }
}

void test_images(long *checked, long *failed) {
  test_convolutions();
  *checked += checks;
  *failed += failures;
}
