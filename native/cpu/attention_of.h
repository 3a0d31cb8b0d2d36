/* Attention for one floating type T with suffix S; included by attention.c once per type. exp and log are the target's. */
#define FN(name) JOIN(name, S)

#include "extremes_of.h"

#define PRODUCT(m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc) \
  ch_gemm_small(sizeof(T) == 4 ? CH_FLOAT32 : CH_FLOAT64, 1, NULL, m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc)

INLINE void FN(exponentials)(int near, ch_long n, T shift, T *x) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    x[j] = near ? exp_near(x[j] - shift) : exp(x[j] - shift);
  }
}

/* x becomes exp(x - shift), which tells on its own that no exponential of a row with this minimum is a denormal. */
static void FN(raise)(ch_long n, T minimum, T shift, T *x) {
  if (shift - minimum <= (T)EXP_NEAR) {
    FN(exponentials)(1, n, shift, x);
  } else {
    FN(exponentials)(0, n, shift, x);
  }
}

static void FN(multiply)(ch_long n, T by, T *x) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    x[j] *= by;
  }
}

/* Lets a mask decide on n scores of a row from a key on. */
static void FN(mask_row)(const struct ch_attention *f, const void *mask, ch_long row, ch_long from, ch_long n, T *x) {
  if (f->mask == CH_MASK_NONE) { return; }
  const ch_long start = row * f->mask_row + from * f->mask_key, step = f->mask_key;
  const T hidden = -(T)INFINITY;
  if (f->mask == CH_MASK_BOOL) {
    const uint8_t *seen = (const uint8_t *)mask + start;
    if (step == 1) {
      INDEPENDENT for (ch_long j = 0; j < n; j++) { x[j] = seen[j] ? x[j] : hidden; }
    } else {
      for (ch_long j = 0; j < n; j++) { x[j] = seen[j * step] ? x[j] : hidden; }
    }
  } else {
    const T *added = (const T *)mask + start;
    if (step == 1) {
      INDEPENDENT for (ch_long j = 0; j < n; j++) { x[j] += added[j]; }
    } else {
      for (ch_long j = 0; j < n; j++) { x[j] += added[j * step]; }
    }
  }
}

/* The factors of n keys, up to 64 from one that 64 divides on. */
static void FN(factors)(ch_long n, uint64_t bits, T by, T *y) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    y[j] = bits >> j & 1 ? by : 0;
  }
}

/* Lets dropout decide on n weights of a row from a key on, which 64 divides. */
static void FN(drop)(const struct ch_attention *f, const ch_long *row, ch_long from, ch_long n, T *x) {
  T factors[64];
  for (ch_long at = 0; at < n; at += 64) {
    const ch_long count = n - at < 64 ? n - at : 64;
    FN(factors)(count, (uint64_t)row[(from + at) / 64], (T)f->by, factors);
    INDEPENDENT for (ch_long j = 0; j < count; j++) {
      x[at + j] *= factors[j];
    }
  }
}

static void FN(kept)(ch_long rows, ch_long keys, T by, const ch_long *kept, T *y) {
  for (ch_long i = 0; i < rows; i++, kept += (keys + 63) / 64, y += keys) {
    for (ch_long at = 0; at < keys; at += 64) {
      FN(factors)(keys - at < 64 ? keys - at : 64, (uint64_t)kept[at / 64], by, y + at);
    }
  }
}

/* Keys of a tile on the way forward, where one product brings all of them into y: 128 KB of scores. */
#define WIDE_KEYS (ch_long)(1024 / sizeof(T))

/*
 * Makes weights of `width` scores of each row, from the maximum so far on, and brings what the row has gathered before, its
 * maximum, sum and y, up to a new one.
 */
static void FN(weigh)(const struct ch_attention *f, const void *mask, const ch_long *kept, ch_long row, ch_long from,
                      ch_long width, T *scores, T *most, T *sum, T *y) {
  for (ch_long i = row; i < f->rows; i++, scores += WIDE_KEYS, y += f->step_y) {
    const ch_long seen = seen_by(f, i, from, width);
    FN(mask_row)(f, mask, i, from, seen, scores);
    T minimum;
    T top = FN(maximum)(seen, scores, &minimum);
    top = top > most[i] ? top : most[i];
    const T shift = top > -(T)INFINITY ? top : 0; /* from there on the exponentials of minus infinity are 0 */
    FN(raise)(seen, minimum, shift, scores);
    const T before = from == 0 ? 0 : exp(most[i] - shift);
    if (from > 0 && before != 1) { FN(multiply)(f->width, before, y); }
    sum[i] = sum[i] * before + FN(ch_sum)(seen, scores);
    most[i] = top;
    if (kept) { FN(drop)(f, kept + i * f->words, from, seen, scores); }
    for (ch_long j = seen; j < width; j++) {
      scores[j] = 0;
    }
  }
}

static void FN(forward)(const struct ch_attention *f, double scale, const T *q, const T *k, const T *v,
                        const void *mask, const ch_long *kept, T *y, T *logs) {
  T scores[ROWS * WIDE_KEYS] __attribute__((aligned(64)));
  T most[ROWS], sum[ROWS];
  for (ch_long i = 0; i < f->rows; i++) {
    most[i] = -(T)INFINITY;
    sum[i] = 0;
  }
  const ch_long end = keys_end(f, f->rows);
  for (ch_long from = 0; from < end; from += WIDE_KEYS) {
    const ch_long width = end - from < WIDE_KEYS ? end - from : WIDE_KEYS;
    const ch_long row = blind_rows(f, 0, f->rows, from), rows = f->rows - row;
    const T *q0 = q + row * f->step_q, *k0 = k + from * f->step_k, *v0 = v + from * f->step_v;
    T *y0 = y + row * f->step_y;
    PRODUCT(rows, width, f->size, scale, q0, f->step_q, 1, k0, 1, f->step_k, 0, scores, WIDE_KEYS);
    FN(weigh)(f, mask, kept, row, from, width, scores, most, sum, y0);
    PRODUCT(rows, f->width, width, 1, scores, WIDE_KEYS, 1, v0, f->step_v, 1, from > 0, y0, f->step_y);
  }
  for (ch_long i = 0; i < f->rows; i++) {
    if (sum[i] != 0) { FN(multiply)(f->width, 1 / sum[i], y + i * f->step_y); }
    logs[i] = sum[i] != 0 ? most[i] + log(sum[i]) : -(T)INFINITY;
  }
}

static void FN(dots)(ch_long rows, ch_long n, const T *a, ch_long step_a, const T *b, ch_long step_b, T *dots) {
  T products[SIZES];
  for (ch_long i = 0; i < rows; i++, a += step_a, b += step_b) {
    INDEPENDENT for (ch_long j = 0; j < n; j++) {
      products[j] = a[j] * b[j];
    }
    dots[i] = FN(ch_sum)(n, products);
  }
}

/* The weights of `rows` rows from `row` on of `width` keys from `from` on, and the gradients of their scores. */
static void FN(reweigh)(const struct ch_attention *f, const void *mask, const ch_long *kept, ch_long row, ch_long rows,
                        ch_long from, ch_long width, const T *logs, const T *dots, T *weights, T *slopes) {
  for (ch_long i = 0; i < rows; i++, weights += KEYS, slopes += KEYS) {
    ch_long seen = logs[i] > -(T)INFINITY || logs[i] != logs[i] ? seen_by(f, row + i, from, width) : 0;
    if (seen > 0) {
      FN(mask_row)(f, mask, row + i, from, seen, weights);
      T minimum;
      FN(maximum)(seen, weights, &minimum);
      FN(raise)(seen, minimum, logs[i], weights);
      const ch_long *bits = kept ? kept + (row + i) * f->words : NULL;
      if (bits) { FN(drop)(f, bits, from, seen, slopes); }
      INDEPENDENT for (ch_long j = 0; j < seen; j++) {
        slopes[j] = weights[j] * (slopes[j] - dots[i]);
      }
      if (bits) { FN(drop)(f, bits, from, seen, weights); }
    }
    for (ch_long j = seen; j < width; j++) {
      weights[j] = slopes[j] = 0;
    }
  }
}

static void FN(clear)(ch_long from, ch_long to, ch_long n, T *x, ch_long step) {
  for (ch_long i = from; i < to; i++) {
    memset(x + i * step, 0, (size_t)n * sizeof(T));
  }
}

/* Rows and keys begin at whole tiles, so each sum has the same order whatever the ranges are. */
static void FN(backward)(const struct ch_attention *f, const struct ch_attention_part *p, double scale, const T *q, const T *k,
                         const T *v, const void *mask, const ch_long *kept, const T *g, const T *logs, const T *dots, T *gq, T *gk, T *gv) {
  T weights[ROWS * KEYS] __attribute__((aligned(64))), slopes[ROWS * KEYS] __attribute__((aligned(64)));
  if (gq) { FN(clear)(p->row, p->row_end, f->size, gq, f->step_gq); }
  if (gk) { FN(clear)(p->key, p->key_end, f->size, gk, f->step_gk); }
  if (gv) { FN(clear)(p->key, p->key_end, f->width, gv, f->step_gv); }
  const ch_long key_end = p->key_end < keys_end(f, p->row_end) ? p->key_end : keys_end(f, p->row_end);
  for (ch_long from = p->key; from < key_end; from += KEYS) {
    const ch_long width = key_end - from < KEYS ? key_end - from : KEYS;
    const T *k0 = k + from * f->step_k, *v0 = v + from * f->step_v;
    for (ch_long start = p->row; start < p->row_end; start += ROWS) {
      const ch_long count = p->row_end - start < ROWS ? p->row_end - start : ROWS;
      const ch_long blind = blind_rows(f, start, count, from), row = start + blind, rows = count - blind;
      if (rows == 0) { continue; }
      const T *q0 = q + row * f->step_q, *g0 = g + row * f->step_g;
      PRODUCT(rows, width, f->size, scale, q0, f->step_q, 1, k0, 1, f->step_k, 0, weights, KEYS);
      PRODUCT(rows, width, f->width, 1, g0, f->step_g, 1, v0, 1, f->step_v, 0, slopes, KEYS);
      FN(reweigh)(f, mask, kept, row, rows, from, width, logs + row, dots + row, weights, slopes);
      if (gq) {
        PRODUCT(rows, f->size, width, scale, slopes, KEYS, 1, k0, f->step_k, 1, 1, gq + row * f->step_gq, f->step_gq);
      }
      if (gk) {
        PRODUCT(width, f->size, rows, scale, slopes, 1, KEYS, q0, f->step_q, 1, 1, gk + from * f->step_gk, f->step_gk);
      }
      if (gv) {
        PRODUCT(width, f->width, rows, 1, weights, 1, KEYS, g0, f->step_g, 1, 1, gv + from * f->step_gv, f->step_gv);
      }
    }
  }
}

#undef WIDE_KEYS
#undef PRODUCT
#undef FN
#undef T
#undef S
