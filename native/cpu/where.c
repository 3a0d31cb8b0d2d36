/* y = condition ? a : b, by element size: the values are moved, not looked at. */
#include "shapes.h"

/* The steps are 0 for a held operand and 1 otherwise; each case has a loop of its own. */
#define WHERE(T)                                                                                                  \
  static void where_##T(ch_long n, const uint8_t *c, const T *a, ch_long sa, const T *b, ch_long sb, T *y) {      \
    if (sa && sb) {                                                                                               \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                               \
        T u = a[i], v = b[i];                                                                                     \
        y[i] = c[i] ? u : v;                                                                                      \
      }                                                                                                           \
    } else if (sa) {                                                                                              \
      const T v = *b;                                                                                             \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                               \
        T u = a[i];                                                                                               \
        y[i] = c[i] ? u : v;                                                                                      \
      }                                                                                                           \
    } else if (sb) {                                                                                              \
      const T u = *a;                                                                                             \
      INDEPENDENT for (ch_long i = 0; i < n; i++) {                                                               \
        T v = b[i];                                                                                               \
        y[i] = c[i] ? u : v;                                                                                      \
      }                                                                                                           \
    } else {                                                                                                      \
      const T u = *a, v = *b;                                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = c[i] ? u : v; }                                        \
    }                                                                                                             \
  }
WHERE(uint8_t)
WHERE(uint16_t)
WHERE(uint32_t)
WHERE(uint64_t)

static void contiguous(size_t size, ch_long n, const void *c, const void *a, ch_long sa, const void *b, ch_long sb,
                       void *y) {
  switch (size) {
    case 1: where_uint8_t(n, c, a, sa, b, sb, y); break;
    case 2: where_uint16_t(n, c, a, sa, b, sb, y); break;
    case 4: where_uint32_t(n, c, a, sa, b, sb, y); break;
    default: where_uint64_t(n, c, a, sa, b, sb, y); break;
  }
}

/* The strides of condition, a, b and y along one row. */
struct strides {
  ch_long c, a, b, y;
};

static void row(size_t size, ch_long n, const struct strides *s, char *const *at) {
  if (n == 1) {
    contiguous(size, 1, at[0], at[1], 1, at[2], 1, at[3]);
    return;
  }
  if (s->c == 0) {
    /* Read once: another thread may be writing it against the rules, and a pointer must keep its own stride. */
    const int first = *(const volatile char *)at[0] != 0;
    ch_move(size, n, at[first ? 1 : 2], first ? s->a : s->b, at[3], s->y);
    return;
  }
  if (s->c == 1 && (s->a | 1) == 1 && (s->b | 1) == 1 && s->y == 1) {
    contiguous(size, n, at[0], at[1], s->a, at[2], s->b, at[3]);
    return;
  }
  uint8_t c[STAGE];
  STAGED(a);
  STAGED(b);
  STAGED(y);
  for (ch_long done = 0; done < n; done += STAGE) {
    ch_long count = n - done < STAGE ? n - done : STAGE, wide = (ch_long)size * done;
    ch_move(1, count, at[0] + done * s->c, s->c, c, 1);
    ch_move(size, s->a ? count : 1, at[1] + wide * s->a, s->a, a, 1);
    ch_move(size, s->b ? count : 1, at[2] + wide * s->b, s->b, b, 1);
    contiguous(size, count, c, a, s->a != 0, b, s->b != 0, y);
    ch_move(size, count, y, 1, at[3] + wide * s->y, s->y);
  }
}

int ch_where_1d(int dtype, ch_long n, const void *condition, ch_long sc, const void *a, ch_long sa, const void *b,
                ch_long sb, void *y, ch_long sy) {
  size_t size = element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  if (n > 0) {
    struct strides s = {sc, sa, sb, sy};
    char *at[4] = {(char *)condition, (char *)a, (char *)b, y};
    row(size, n, &s, at);
  }
  return CH_OK;
}

int ch_where_nd(int dtype, int ndim, const ch_long *dims, const void *condition, const void *a, const void *b,
                void *y) {
  size_t size = element_size(dtype);
  if (!size) {
    return CH_NO_KERNEL;
  }
  const ch_long *last = dims + ndim - 1;
  const size_t sizes[4] = {1, size, size, size};
  struct strides s = {last[ndim], last[2 * ndim], last[3 * ndim], last[4 * ndim]};
  struct walk w;
  char *at[4] = {(char *)condition, (char *)a, (char *)b, y};
  if (walk_begin(&w, ndim, dims, 4, sizes)) {
    do {
      row(size, *last, &s, at);
    } while (walk_next(&w, 4, at));
  }
  return CH_OK;
}
