/*
 * Convolution of images as they lie, for one floating type T with suffix S; included by conv_direct.c once per type. An image
 * is copied into a frame of zeros. With a stride of 1, what one tap of the kernel sees is then the frame from an offset on:
 * these are the rows of a matrix product that never exists. The results between the rows, where a window leaves the frame's
 * edge, are computed with the others and dropped.
 */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define FOUR JOIN(four, S)
#define LANES ((ch_long)(VECTOR_BYTES / sizeof(T)))
#define PANEL (LANES * DIRECT_VECTORS)
#define DEPTH ((ch_long)(DIRECT_DEPTH_BYTES / sizeof(T)))

/* Lays the kernels out in tiles of rows, tap by tap; those of the gradient are turned around, and the channels are theirs. */
static void FN(direct_pack)(const struct geometry *g, ch_long features, int turned, const T *weight, T *to) {
  const ch_long taps = g->kernel_h * g->kernel_w;
  for (ch_long i = 0; i < features; i += DIRECT_TILE) {
    for (ch_long c = 0; c < g->channels; c++) {
      for (ch_long t = 0; t < taps; t++, to += DIRECT_TILE) {
        for (ch_long j = 0; j < DIRECT_TILE; j++) {
          const ch_long row = i + j;
          const ch_long at = turned ? (c * features + row) * taps + taps - 1 - t : (row * g->channels + c) * taps + t;
          to[j] = row < features ? weight[at] : 0;
        }
      }
    }
  }
}

/* Adds a tile's products with the frame to its first values, one for each row. */
INLINE void FN(direct_tile)(int vectors, ch_long k, const T *a, const T *b, const ch_long *offsets, const T *first, T *c) {
  VECTOR sum[DIRECT_TILE][DIRECT_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < DIRECT_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = first[i] - (VECTOR){0};
    }
  }
  for (ch_long p = 0; p < k; p++, a += DIRECT_TILE) {
    const T *from = b + offsets[p];
    VECTOR right[DIRECT_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      right[v] = (VECTOR) * (const LOOSE *)(from + v * LANES);
    }
#pragma GCC unroll 16
    for (int i = 0; i < DIRECT_TILE; i++) {
      VECTOR left = a[i] - (VECTOR){0}; /* x - 0 is x, so this is a broadcast and no more */
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        sum[i][v] = FUSED(left, right[v], sum[i][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < DIRECT_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      *(VECTOR *)(c + i * PANEL + v * LANES) = sum[i][v];
    }
  }
}

#define DIRECT_TILE_OF(V)                                                                                             \
  static void FN(direct_tile##V)(ch_long k, const T *a, const T *b, const ch_long *offsets, const T *first, T *c) {   \
    FN(direct_tile)(V, k, a, b, offsets, first, c);                                                                   \
  }
EACH_DIRECT_VECTORS(DIRECT_TILE_OF)
#undef DIRECT_TILE_OF

/* Copies or adds the first elements of whole vectors. */
INLINE void FN(direct_store)(ch_long count, int added, const T *from, T *to) {
  for (; count > 0; count -= LANES, from += LANES, to += LANES) {
    VECTOR x = (VECTOR) * (const LOOSE *)from;
    if (count >= LANES) {
      *(LOOSE *)to = added ? (VECTOR) * (const LOOSE *)to + x : x;
    } else {
      const JOIN(FN(lanes), t) lanes = FN(lanes)(count);
      FN(store_lanes)(lanes, to, added ? FN(load_lanes)(lanes, to) + x : x);
    }
  }
}

/* The rows `top` to `top + rows` of an image, padding included, into the frame, but for its zeros. */
static void FN(direct_frame)(const struct geometry *g, ch_long top, ch_long rows, ch_long pitch, const T *image, T *frame) {
  const ch_long from = top < g->pad_h ? g->pad_h - top : 0;
  const ch_long below = g->height + g->pad_h - top, to = below < rows ? below : rows;
  for (ch_long c = 0; c < g->channels; c++, image += g->height * g->width, frame += rows * pitch) {
    for (ch_long r = from; r < to; r++) {
      memcpy(frame + r * pitch + g->pad_w, image + (top + r - g->pad_h) * g->width, (size_t)g->width * sizeof(T));
    }
  }
}

/* Result rows first to last of all features of one image. */
static void FN(direct_image)(const struct geometry *g, ch_long features, ch_long first, ch_long last, ch_long pitch,
                             const T *frame, const ch_long *offsets, const T *packed, const T *bias, T *y) {
  const ch_long depth = g->channels * g->kernel_h * g->kernel_w, places = g->out_h * g->out_w;
  const ch_long all = (last - first - 1) * pitch + g->out_w, parts = (depth + DEPTH - 1) / DEPTH;
  T tile[(DIRECT_TILE + 1) * VECTOR_BYTES / sizeof(T) * DIRECT_VECTORS] __attribute__((aligned(64)));
  for (ch_long part = 0, p = 0; part < parts; part++) {
    const ch_long k = (depth * (part + 1)) / parts - p;
    for (ch_long high = 0; high < features; high += DIRECT_ROWS) {
      const ch_long low = features - high < DIRECT_ROWS ? features : high + DIRECT_ROWS;
      for (ch_long q = 0; q < all; q += PANEL) {
        const ch_long end = all - q < PANEL ? all : q + PANEL;
        struct {
          ch_long from, count, to;
        } runs[VECTOR_BYTES / sizeof(T) * DIRECT_VECTORS + 1];
        int count = 0;
        for (ch_long row = q / pitch; row * pitch < end; row++) {
          const ch_long left = row * pitch < q ? q : row * pitch;
          const ch_long edge = row * pitch + g->out_w, right = edge < end ? edge : end;
          if (left < right) {
            runs[count].from = left - q;
            runs[count].count = right - left;
            runs[count++].to = (first + row) * g->out_w + left - row * pitch;
          }
        }
        for (ch_long i = high; i < low; i += DIRECT_TILE) {
          const ch_long rows = features - i < DIRECT_TILE ? features - i : DIRECT_TILE;
          T begin[DIRECT_TILE] = {0};
          if (bias && part == 0) {
            memcpy(begin, bias + i, (size_t)rows * sizeof(T));
          }
          const T *left = packed + i * depth + p * DIRECT_TILE;
#define DIRECT_CASE(V) \
  case V: FN(direct_tile##V)(k, left, frame + q, offsets + p, begin, tile); break;
          switch ((end - q + LANES - 1) / LANES) {
            EACH_DIRECT_VECTORS(DIRECT_CASE)
            default: break;
          }
#undef DIRECT_CASE
          for (ch_long r = 0; r < rows; r++) {
            for (int n = 0; n < count; n++) {
              FN(direct_store)(runs[n].count, part > 0, tile + r * PANEL + runs[n].from, y + (i + r) * places + runs[n].to);
            }
          }
        }
      }
    }
    p += k;
  }
}

static void FN(direct)(const struct geometry *g, ch_long images, ch_long step_x, ch_long step_y, ch_long features,
                       ch_long first, ch_long last, const T *x, const T *packed, const T *bias, T *y, void *work) {
  const ch_long pitch = g->out_w + (g->kernel_w - 1) * g->dilation_w;
  const ch_long rows = last - first + (g->kernel_h - 1) * g->dilation_h, taps = g->kernel_h * g->kernel_w;
  ch_long *offsets = work;
  T *frame = (T *)(offsets + g->channels * taps);
  for (ch_long i = 0; i < g->channels * taps; i++) {
    const ch_long c = i / taps, h = i % taps / g->kernel_w, w = i % g->kernel_w;
    offsets[i] = (c * rows + h * g->dilation_h) * pitch + w * g->dilation_w;
  }
  memset(frame, 0, (size_t)(g->channels * rows * pitch + PANEL) * sizeof(T));
  for (ch_long image = 0; image < images; image++, x += step_x, y += step_y) {
    FN(direct_frame)(g, first, rows, pitch, x, frame);
    FN(direct_image)(g, features, first, last, pitch, frame, offsets, packed, bias, y);
  }
}

/* An image into a frame of zeros, pixel by pixel, each with `wide` channels. */
static void FN(direct_pixels)(const struct geometry *g, ch_long pitch, ch_long wide, const T *image, T *frame) {
  const ch_long plane = g->height * g->width;
  for (ch_long h = 0; h < g->height; h++) {
    T *row = frame + ((h + g->pad_h) * pitch + g->pad_w) * wide;
    ch_long c = 0;
    for (; c + 4 <= g->channels; c += 4) {
      const T *from = image + c * plane + h * g->width;
      ch_long w = 0;
      for (; w + 4 <= g->width; w += 4) {
        FOUR square[4];
        for (int i = 0; i < 4; i++) {
          square[i] = *(const FOUR *)(from + i * plane + w);
        }
        FN(turn)(square);
        for (int i = 0; i < 4; i++) {
          *(FOUR *)(row + (w + i) * wide + c) = square[i];
        }
      }
      for (; w < g->width; w++) {
        for (int i = 0; i < 4; i++) {
          row[w * wide + c + i] = from[i * plane + w];
        }
      }
    }
    for (; c < g->channels; c++) {
      for (ch_long w = 0; w < g->width; w++) {
        row[w * wide + c] = image[c * plane + h * g->width + w];
      }
    }
  }
}

/*
 * What one tap and some features get from one image; a has the features' gradients in rows, b the tap's pixels. The sums of
 * some rows of places, SLOPE_BLOCK or a row more, are added up apart, which keeps rounding from growing with the image.
 */
INLINE void FN(slope_tile)(int vectors, const struct geometry *g, const T *const *a, const T *b, ch_long down, ch_long along,
                           ch_long rows, ch_long columns, int added, T *c, ch_long ldc) {
  VECTOR sum[DIRECT_TILE][DIRECT_VECTORS], total[DIRECT_TILE][DIRECT_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < DIRECT_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = total[i][v] = (VECTOR){0};
    }
  }
  ch_long p = 0, block = SLOPE_BLOCK;
  for (ch_long h = 0; h < g->out_h; h++, b += down) {
    if (UNLIKELY(p >= block)) {
      block = p + SLOPE_BLOCK;
#pragma GCC unroll 16
      for (int i = 0; i < DIRECT_TILE; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
          total[i][v] += sum[i][v];
          sum[i][v] = (VECTOR){0};
        }
      }
    }
    const T *from = b;
    for (ch_long end = p + g->out_w; p < end; p++, from += along) {
      VECTOR right[DIRECT_VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        right[v] = (VECTOR) * (const LOOSE *)(from + v * LANES);
      }
#pragma GCC unroll 16
      for (int i = 0; i < DIRECT_TILE; i++) {
        VECTOR left = a[i][p] - (VECTOR){0};
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
          sum[i][v] = FUSED(left, right[v], sum[i][v]);
        }
      }
    }
  }
  if (UNLIKELY(block > SLOPE_BLOCK)) {
#pragma GCC unroll 16
    for (int i = 0; i < DIRECT_TILE; i++) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        sum[i][v] += total[i][v];
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < DIRECT_TILE; i++) {
    if (i >= rows) {
      break;
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      T part[VECTOR_BYTES / sizeof(T)];
      memcpy(part, &sum[i][v], sizeof part);
      const ch_long left = columns - v * LANES;
      FN(direct_store)(left < LANES ? left : LANES, added, part, c + i * ldc + v * LANES);
    }
  }
}

#define SLOPE_TILE_OF(V)                                                                                               \
  static void FN(slope_tile##V)(const struct geometry *g, const T *const *a, const T *b, ch_long down, ch_long along,  \
                                ch_long rows, ch_long columns, int added, T *c, ch_long ldc) {                         \
    FN(slope_tile)(V, g, a, b, down, along, rows, columns, added, c, ldc);                                             \
  }
EACH_DIRECT_VECTORS(SLOPE_TILE_OF)
#undef SLOPE_TILE_OF

static void FN(direct_slopes)(const struct geometry *g, ch_long images, ch_long step_g, ch_long step_x, ch_long features,
                              const T *slopes, const T *x, T *gw, T *frame) {
  const ch_long pitch = g->width + 2 * g->pad_w, wide = (g->channels + LANES - 1) / LANES * LANES;
  const ch_long taps = g->kernel_h * g->kernel_w, places = g->out_h * g->out_w;
  memset(frame, 0, (size_t)((g->height + 2 * g->pad_h) * pitch * wide) * sizeof(T));
  for (ch_long image = 0; image < images; image++, slopes += step_g, x += step_x) {
    FN(direct_pixels)(g, pitch, wide, x, frame);
    for (ch_long f = 0; f < features; f += DIRECT_TILE) {
      const ch_long rows = features - f < DIRECT_TILE ? features - f : DIRECT_TILE;
      const T *a[DIRECT_TILE];
      for (ch_long i = 0; i < DIRECT_TILE; i++) {
        a[i] = slopes + (f + (i < rows ? i : 0)) * places;
      }
      for (ch_long t = 0; t < taps; t++) {
        const ch_long tap = t / g->kernel_w * g->dilation_h * pitch + t % g->kernel_w * g->dilation_w;
        for (ch_long c = 0; c < g->channels; c += PANEL) {
          const ch_long columns = g->channels - c < PANEL ? g->channels - c : PANEL;
          T *to = gw + (f * taps + t) * g->channels + c;
#define SLOPE_CASE(V)                                                                                              \
  case V:                                                                                                          \
    FN(slope_tile##V)(g, a, frame + tap * wide + c, g->stride_h * pitch * wide, g->stride_w * wide, rows, columns, \
                      image > 0, to, taps * g->channels);                                                          \
    break;
          switch ((columns + LANES - 1) / LANES) {
            EACH_DIRECT_VECTORS(SLOPE_CASE)
            default: break;
          }
#undef SLOPE_CASE
        }
      }
    }
  }
}

#undef FN
#undef VECTOR
#undef LOOSE
#undef FUSED
#undef FOUR
#undef LANES
#undef PANEL
#undef DEPTH
#undef T
#undef S
