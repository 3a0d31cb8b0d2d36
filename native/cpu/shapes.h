/* Walks over several axes, and the moves of elements by size that strided operands take through small buffers. */
#ifndef CHAGRES_SHAPES_H
#define CHAGRES_SHAPES_H

#include "target.h"

/* Elements per trip of a strided operand through a buffer on the stack, and such a buffer, for elements of any size. */
#define STAGE 256
#define STAGED(name) _Alignas(64) char name[STAGE * 8]

/* A position in the outer axes of an iteration space of up to four operands; strides are in bytes. */
struct walk {
  int axes;
  ch_long size[MOST_AXES], at[MOST_AXES], stride[4][MOST_AXES];
};

/*
 * Sets w to the axes of `dims` but the last; `sizes` gives each operand's bytes per element. False when there is nothing
 * to do because some axis is empty.
 */
INLINE int walk_begin(struct walk *w, int ndim, const ch_long *dims, int operands, const size_t *sizes) {
  w->axes = ndim - 1;
  int any = dims[ndim - 1] > 0;
  for (int d = 0; d < ndim - 1; d++) {
    any &= dims[d] > 0;
    w->size[d] = dims[d];
    w->at[d] = 0;
    for (int o = 0; o < operands; o++) {
      w->stride[o][d] = dims[(o + 1) * ndim + d] * (ch_long)sizes[o];
    }
  }
  return any;
}

/* Moves the pointers to the next inner row; false after the last. */
INLINE int walk_next(struct walk *w, int operands, char **pointers) {
  for (int d = w->axes - 1; d >= 0; d--) {
    for (int o = 0; o < operands; o++) {
      pointers[o] += w->stride[o][d];
    }
    if (++w->at[d] < w->size[d]) {
      return 1;
    }
    for (int o = 0; o < operands; o++) {
      pointers[o] -= w->stride[o][d] * w->size[d];
    }
    w->at[d] = 0;
  }
  return 0;
}

/* y[i * sy] = x[i * sx] for elements of `size` bytes; either may be a buffer with stride 1. */
void ch_move(size_t size, ch_long n, const void *x, ch_long sx, void *y, ch_long sy);

/* y[i * sy] = *x. */
void ch_fill(size_t size, ch_long n, const void *x, void *y, ch_long sy);

#endif
