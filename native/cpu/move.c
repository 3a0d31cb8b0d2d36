/* Moves and fills of elements by size: the part of every strided kernel that does not know what it moves. */
#include "shapes.h"

#define MOVE(T)                                                                                  \
  static void move_##T(ch_long n, const T *x, ch_long sx, T *y, ch_long sy) {                    \
    if (sy == 1 && sx == -1) {                                                                   \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = x[-i]; }                              \
    } else if (sy == 1 && sx == 2) {                                                             \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = x[2 * i]; }                           \
    } else if (sy == 1) {                                                                        \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i] = x[i * sx]; }                          \
    } else if (sx == 1) {                                                                        \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i * sy] = x[i]; }                          \
    } else {                                                                                     \
      INDEPENDENT for (ch_long i = 0; i < n; i++) { y[i * sy] = x[i * sx]; }                     \
    }                                                                                            \
  }                                                                                              \
  static void fill_##T(ch_long n, T value, T *y, ch_long sy) {                                   \
    if (sy == 1) {                                                                               \
      for (ch_long i = 0; i < n; i++) { y[i] = value; }                                          \
    } else {                                                                                     \
      for (ch_long i = 0; i < n; i++) { y[i * sy] = value; }                                     \
    }                                                                                            \
  }
MOVE(uint8_t)
MOVE(uint16_t)
MOVE(uint32_t)
MOVE(uint64_t)

void ch_fill(size_t size, ch_long n, const void *x, void *y, ch_long sy) {
  switch (size) {
    case 1: fill_uint8_t(n, *(const uint8_t *)x, y, sy); break;
    case 2: fill_uint16_t(n, *(const uint16_t *)x, y, sy); break;
    case 4: fill_uint32_t(n, *(const uint32_t *)x, y, sy); break;
    default: fill_uint64_t(n, *(const uint64_t *)x, y, sy); break;
  }
}

void ch_move(size_t size, ch_long n, const void *x, ch_long sx, void *y, ch_long sy) {
  if (sx == 1 && sy == 1) {
    memmove(y, x, (size_t)n * size);
    return;
  }
  if (sx == 0) {
    ch_fill(size, n, x, y, sy);
    return;
  }
  switch (size) {
    case 1: move_uint8_t(n, x, sx, y, sy); break;
    case 2: move_uint16_t(n, x, sx, y, sy); break;
    case 4: move_uint32_t(n, x, sx, y, sy); break;
    default: move_uint64_t(n, x, sx, y, sy); break;
  }
}
