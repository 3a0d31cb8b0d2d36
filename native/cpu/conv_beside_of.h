/*
 * Convolution of many images at once, for one floating type T with suffix S; included by conv_beside.c once per type. What
 * the images have at one place lies side by side in vectors, so a result is the sum of those taps alone that its place has:
 * padding costs nothing, and neither do strides, on the way back either, where a place has few of the taps. Neighbouring
 * places need no patches, however few of them there are.
 */
#define FN(name) JOIN(name, S)
#define VECTOR JOIN(vector, S)
#define LOOSE JOIN(loose, S)
#define FUSED JOIN(fused, S)
#define FOUR JOIN(four, S)
#define LANES ((ch_long)(VECTOR_BYTES / sizeof(T)))
#define PANEL (LANES * BESIDE_VECTORS)

/* Rows of `count` numbers, `pitch` apart, into columns that begin `step` apart, or added to them. */
static void FN(apart)(ch_long rows, ch_long count, int added, const T *from, ch_long pitch, T *to, ch_long step) {
  const ch_long whole = rows / 4 * 4;
  for (ch_long n = 0; n < count; n += 4, from += 4, to += 4 * step) {
    const ch_long left = count - n < 4 ? count - n : 4;
    for (ch_long p = left == 4 ? whole : 0; p < rows; p++) {
      for (ch_long i = 0; i < left; i++) {
        T *at = to + i * step + p;
        *at = added ? *at + from[p * pitch + i] : from[p * pitch + i];
      }
    }
    for (ch_long p = 0; left == 4 && p < whole; p += 4) {
      FOUR square[4];
      for (int i = 0; i < 4; i++) {
        square[i] = *(const FOUR *)(from + (p + i) * pitch);
      }
      FN(turn)(square);
      for (int i = 0; i < 4; i++) {
        FOUR *at = (FOUR *)(to + i * step + p);
        if (added) {
          square[i] += *at;
        }
        *at = square[i];
      }
    }
  }
}

/* Columns of `count` numbers, which begin `step` apart, into rows `pitch` apart that are filled up with zeros. */
static void FN(together)(ch_long columns, ch_long count, const T *from, ch_long step, ch_long wide, T *to, ch_long pitch) {
  for (ch_long p = 0; p < count; p += 4) {
    const ch_long left = count - p < 4 ? count - p : 4;
    ch_long n = 0;
    for (; left == 4 && n + 4 <= columns; n += 4) {
      FOUR square[4];
      for (int i = 0; i < 4; i++) {
        square[i] = *(const FOUR *)(from + (n + i) * step + p);
      }
      FN(turn)(square);
      for (int i = 0; i < 4; i++) {
        *(FOUR *)(to + (p + i) * pitch + n) = square[i];
      }
    }
    for (; n < wide; n++) {
      for (ch_long i = 0; i < left; i++) {
        to[(p + i) * pitch + n] = n < columns ? from[n * step + p + i] : 0;
      }
    }
  }
}

/* How far apart places are: if they are deep, a vector more than they need, as powers of two would share few sets of a cache. */
INLINE ch_long FN(pitch)(ch_long channels, ch_long wide) {
  return channels * wide + (channels >= BESIDE_DEEP ? LANES : 0);
}

/* One tile of kernels, and how far apart they lie: those of a row, and what a sum goes along. */
struct FN(tile) {
  T *at;
  ch_long across, along;
};

/*
 * Copies the kernels of a tile with the channels first to last, as they lie; if `joined`, tap by tap, so that neighbouring
 * taps are one sum with neighbouring pixels. On the way back the rows are the kernels' channels.
 */
static void FN(beside_kernels)(const struct geometry *g, ch_long features, int back, int joined, ch_long row, ch_long first,
                               ch_long last, const T *weight, struct FN(tile) * tile) {
  const ch_long taps = g->kernel_h * g->kernel_w, rows = (back ? g->channels : features) - row;
  const ch_long count = last - first, some = rows < BESIDE_TILE ? rows : BESIDE_TILE;
  if (some < BESIDE_TILE) {
    memset(tile->at, 0, (size_t)(BESIDE_TILE * count * taps) * sizeof(T));
  }
  if (back) {
    tile->across = taps;
    tile->along = BESIDE_TILE * taps;
    for (ch_long c = 0; c < count; c++) {
      const T *from = weight + ((first + c) * g->channels + row) * taps;
      memcpy(tile->at + c * BESIDE_TILE * taps, from, (size_t)(some * taps) * sizeof(T));
    }
    return;
  }
  tile->across = joined ? 1 : count * taps;
  tile->along = joined ? BESIDE_TILE : taps;
  for (ch_long i = 0; i < some; i++) {
    const T *from = weight + ((row + i) * g->channels + first) * taps;
    if (!joined) {
      memcpy(tile->at + i * count * taps, from, (size_t)(count * taps) * sizeof(T));
      continue;
    }
    for (ch_long c = 0; c < count; c++) {
      for (ch_long t = 0; t < taps; t++) {
        tile->at[(t * count + c) * BESIDE_TILE + i] = from[c * taps + t];
      }
    }
  }
}

/* Adds a tile's products with what it meets to its first values, one for each row, or to what is there. */
INLINE void FN(beside_tile)(int vectors, const struct meeting *meeting, ch_long count, ch_long depth, struct FN(tile) a,
                            const T *b, const T *first, T *c, ch_long pitch) {
  VECTOR sum[BESIDE_TILE][BESIDE_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < BESIDE_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = first ? first[i] - (VECTOR){0} : (VECTOR) * (const LOOSE *)(c + i * pitch + v * LANES);
    }
  }
  for (; count > 0; count--, meeting++) {
    const T *left = a.at + meeting->kernels, *right = b + meeting->images;
    for (ch_long p = 0; p < depth; p++, left += a.along, right += vectors * LANES) {
      VECTOR x[BESIDE_VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        x[v] = (VECTOR) * (const LOOSE *)(right + v * LANES);
      }
#pragma GCC unroll 16
      for (int i = 0; i < BESIDE_TILE; i++) {
        VECTOR w = left[i * a.across] - (VECTOR){0}; /* x - 0 is x, so this is a broadcast and no more */
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
          sum[i][v] = FUSED(w, x[v], sum[i][v]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < BESIDE_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      *(LOOSE *)(c + i * pitch + v * LANES) = sum[i][v];
    }
  }
}

#define BESIDE_TILE_OF(V)                                                                                                 \
  static void FN(beside_tile##V)(const struct meeting *meeting, ch_long count, ch_long depth, struct FN(tile) a,          \
                                 const T *b, const T *first, T *c, ch_long pitch) {                                       \
    FN(beside_tile)(V, meeting, count, depth, a, b, first, c, pitch);                                                     \
  }
EACH_BESIDE_VECTORS(BESIDE_TILE_OF)
#undef BESIDE_TILE_OF

/* The tiles first to last of the results of up to PANEL images. */
static void FN(beside)(const struct geometry *g, ch_long features, int back, ch_long images, ch_long step_y, ch_long first,
                       ch_long last, const T *x, const T *weight, const T *bias, T *y, T *work) {
  const ch_long taps = g->kernel_h * g->kernel_w, rows = back ? g->channels : features;
  const ch_long channels = back ? features : g->channels;
  const ch_long out_w = back ? g->width : g->out_w, places = back ? g->height * g->width : g->out_h * g->out_w;
  const ch_long in_h = back ? g->out_h : g->height, in_w = back ? g->out_w : g->width;
  const ch_long vectors = (images + LANES - 1) / LANES, wide = vectors * LANES, pitch = FN(pitch)(channels, wide);
  const int joined = !back && g->dilation_w == 1 && channels < BESIDE_DEEP && channels * taps <= BESIDE_DEPTH;
  /* Of a tile of kernels no place meets more taps than that. */
  const ch_long met = most_seen(back, g->kernel_h, g->stride_h, in_h) * most_seen(back, g->kernel_w, g->stride_w, in_w);
  const ch_long deep = BESIDE_DEPTH / met, held = BESIDE_KERNELS / taps, least = deep < held ? deep : held;
  const ch_long parts = (channels + (least < 1 ? 1 : least) - 1) / (least < 1 ? 1 : least);
  struct FN(tile) tile = {.at = work};
  T *sums = work + BESIDE_TILE * BESIDE_KERNELS;
  /* Some places of some tiles at once: what they meet of the images is read once for all tiles. */
  const ch_long room = (CH_BESIDE_BYTES / (ch_long)sizeof(T) - BESIDE_TILE * BESIDE_KERNELS) / (BESIDE_TILE * wide);
  const ch_long share = room / (last - first), least_band = joined ? BESIDE_BAND_JOINED : BESIDE_BAND;
  const ch_long most_band = share > least_band ? share : least_band, fitting = most_band < room ? most_band : room;
  const ch_long band = fitting < places ? fitting : places, block = room / band;
  for (ch_long high = first; high < last; high += block) {
    const ch_long low = last - high < block ? last : high + block;
    const ch_long top = high * BESIDE_TILE, bottom = low * BESIDE_TILE < rows ? low * BESIDE_TILE : rows;
    for (ch_long from = 0; from < places; from += band) {
      const ch_long to = places - from < band ? places : from + band;
      for (ch_long part = 0; part < parts; part++) {
        const ch_long c = channels * part / parts, end = channels * (part + 1) / parts;
        for (ch_long row = top; row < bottom; row += BESIDE_TILE) {
          struct seen down[CH_BESIDE_TAPS], along[CH_BESIDE_TAPS];
          T begin[BESIDE_TILE] = {0};
          ch_long seen_down = 0;
          if (bias && part == 0) {
            memcpy(begin, bias + row, (size_t)(rows - row < BESIDE_TILE ? rows - row : BESIDE_TILE) * sizeof(T));
          }
          FN(beside_kernels)(g, features, back, joined, row, c, end, weight, &tile);
          for (ch_long p = from; p < to; p++) {
            struct meeting meeting[CH_BESIDE_TAPS * CH_BESIDE_TAPS];
            if (p == from || p % out_w == 0) {
              seen_down = seen(back, p / out_w, g->kernel_h, g->stride_h, g->pad_h, g->dilation_h, in_h, down);
            }
            const ch_long seen_along =
                seen(back, p % out_w, g->kernel_w, g->stride_w, g->pad_w, g->dilation_w, in_w, along);
            const ch_long each = joined && seen_along > 0 ? 1 : seen_along, count = seen_down * each;
            for (ch_long i = 0; i < count; i++) {
              const struct seen *h = down + i / each, *w = along + i % each;
              meeting[i].kernels = (h->tap * g->kernel_w + w->tap) * (joined ? channels * BESIDE_TILE : 1);
              meeting[i].images = (h->at * in_w + w->at) * pitch;
            }
            const ch_long depth = joined ? seen_along * channels : end - c;
            const T *of = x + c * wide, *level = part == 0 ? begin : NULL;
            T *sum = sums + ((row - top) * band + p - from) * wide;
#define BESIDE_CASE(V) \
  case V: FN(beside_tile##V)(meeting, count, depth, tile, of, level, sum, band * wide); break;
            switch (vectors) {
              EACH_BESIDE_VECTORS(BESIDE_CASE)
              default: break;
            }
#undef BESIDE_CASE
          }
        }
      }
      if (band == places) {
        FN(apart)((bottom - top) * places, images, 0, sums, wide, y + top * places, step_y);
        continue;
      }
      for (ch_long row = top; row < bottom; row++) {
        FN(apart)(to - from, images, 0, sums + (row - top) * band * wide, wide, y + row * places + from, step_y);
      }
    }
  }
}

/* What one tap and a tile of features get from a panel of channels: runs of `length` numbers, some along, some down. */
INLINE void FN(beside_slope)(int vectors, const struct runs *runs, const T *a, const T *b, T *c, ch_long pitch) {
  VECTOR sum[BESIDE_TILE][BESIDE_VECTORS], total[BESIDE_TILE][BESIDE_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < BESIDE_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = total[i][v] = (VECTOR){0};
    }
  }
  ch_long summed = 0;
  for (ch_long h = 0; h < runs->down; h++) {
    for (ch_long w = 0; w < runs->along; w++) {
      const T *left = a + (h * runs->slopes_down + w * runs->slopes_along) * BESIDE_TILE;
      const T *right = b + (h * runs->images_down + w * runs->images_along) * PANEL;
      for (ch_long p = 0; p < runs->length; p++, left += BESIDE_TILE, right += PANEL) {
        VECTOR x[BESIDE_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
          x[v] = (VECTOR) * (const LOOSE *)(right + v * LANES);
        }
#pragma GCC unroll 16
        for (int i = 0; i < BESIDE_TILE; i++) {
          VECTOR s = left[i] - (VECTOR){0};
#pragma GCC unroll 4
          for (int v = 0; v < vectors; v++) {
            sum[i][v] = FUSED(s, x[v], sum[i][v]);
          }
        }
      }
      summed += runs->length;
      if (UNLIKELY(summed >= BESIDE_SUM)) {
        summed = 0;
#pragma GCC unroll 16
        for (int i = 0; i < BESIDE_TILE; i++) {
#pragma GCC unroll 4
          for (int v = 0; v < vectors; v++) {
            total[i][v] += sum[i][v];
            sum[i][v] = (VECTOR){0};
          }
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < BESIDE_TILE; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      *(LOOSE *)(c + i * pitch + v * LANES) = total[i][v] + sum[i][v];
    }
  }
}

#define BESIDE_SLOPE_OF(V)                                                                                        \
  static void FN(beside_slope##V)(const struct runs *runs, const T *a, const T *b, T *c, ch_long pitch) {         \
    FN(beside_slope)(V, runs, a, b, c, pitch);                                                                    \
  }
EACH_BESIDE_VECTORS(BESIDE_SLOPE_OF)
#undef BESIDE_SLOPE_OF

/* The kernels' gradients of the tiles first to last; work is for a tile of kernels of a panel of channels. */
static void FN(beside_slopes)(const struct geometry *g, ch_long features, ch_long images, ch_long first, ch_long last,
                              const T *slopes, const T *x, int added, T *gw, T *work) {
  const ch_long taps = g->kernel_h * g->kernel_w, pixels = g->height * g->width, places = g->out_h * g->out_w;
  for (ch_long c = 0; c < g->channels; c += PANEL) {
    const ch_long columns = g->channels - c < PANEL ? g->channels - c : PANEL;
    const T *panel = x + c * pixels * images;
    for (ch_long tile = first; tile < last; tile++) {
      const T *left = slopes + tile * places * images * BESIDE_TILE;
      for (ch_long t = 0; t < taps; t++) {
        ch_long top, bottom, begin, end;
        const ch_long dh = t / g->kernel_w * g->dilation_h - g->pad_h, dw = t % g->kernel_w * g->dilation_w - g->pad_w;
        inside(g->out_h, g->height, g->stride_h, dh, &top, &bottom);
        inside(g->out_w, g->width, g->stride_w, dw, &begin, &end);
        const int joined = g->stride_w == 1 && (end - begin) * images <= 2 * BESIDE_SUM;
        const struct runs runs = {
            .down = bottom - top,
            .along = joined ? end > begin : end - begin,
            .length = joined ? (end - begin) * images : images,
            .slopes_down = g->out_w * images,
            .slopes_along = images,
            .images_down = g->stride_h * g->width * images,
            .images_along = g->stride_w * images,
        };
        const T *a = left, *b = panel;
        if (runs.down > 0 && runs.along > 0) {
          a += (top * g->out_w + begin) * images * BESIDE_TILE;
          b += ((top * g->stride_h + dh) * g->width + begin * g->stride_w + dw) * images * PANEL;
        }
#define BESIDE_CASE(V) \
  case V: FN(beside_slope##V)(&runs, a, b, work + t * PANEL, taps * PANEL); break;
        switch ((columns + LANES - 1) / LANES) {
          EACH_BESIDE_VECTORS(BESIDE_CASE)
          default: break;
        }
#undef BESIDE_CASE
      }
      for (ch_long i = 0; i < BESIDE_TILE && tile * BESIDE_TILE + i < features; i++) {
        T *to = gw + ((tile * BESIDE_TILE + i) * g->channels + c) * taps;
        FN(apart)(taps, columns, added, work + i * taps * PANEL, PANEL, to, taps);
      }
    }
  }
}

/*
 * What images have at each place, channels first to last, side by side. Sixteen numbers of an image, a line of a cache, go
 * to their rows at once, as images are often so far apart that few lines of them fit into a cache.
 */
static void FN(beside_images)(ch_long channels, ch_long places, ch_long images, ch_long step, ch_long first, ch_long last,
                              const T *x, T *to) {
  const ch_long wide = (images + LANES - 1) / LANES * LANES, pitch = FN(pitch)(channels, wide);
  ch_long c = first, p = 0;
  for (ch_long e = first * places, end = last * places; e < end; e += 16) {
    const ch_long count = end - e < 16 ? end - e : 16;
    T *row[16];
    for (ch_long i = 0; i < count; i++) {
      row[i] = to + p * pitch + c * wide;
      if (++p == places) {
        p = 0;
        c++;
      }
    }
    ch_long n = 0;
    for (; count == 16 && n + 4 <= images; n += 4) {
      for (int quarter = 0; quarter < 16; quarter += 4) {
        FOUR square[4];
        for (int i = 0; i < 4; i++) {
          square[i] = *(const FOUR *)(x + (n + i) * step + e + quarter);
        }
        FN(turn)(square);
        for (int i = 0; i < 4; i++) {
          *(FOUR *)(row[quarter + i] + n) = square[i];
        }
      }
    }
    for (; n < wide; n++) {
      for (ch_long i = 0; i < count; i++) {
        row[i][n] = n < images ? x[n * step + e + i] : 0;
      }
    }
  }
}

/* or for as many channels as a tile or a panel has, image by image. */
static void FN(beside_channels)(ch_long width, ch_long channels, ch_long places, ch_long images, ch_long step, ch_long first,
                                ch_long last, const T *x, T *to) {
  for (ch_long i = first; i < last; i++) {
    const ch_long left = channels - i * width, count = left < width ? left : width;
    for (ch_long n = 0; n < images; n++) {
      T *at = to + (i * places * images + n) * width;
      FN(together)(count, places, x + n * step + i * width * places, places, width, at, images * width);
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
#undef T
#undef S
