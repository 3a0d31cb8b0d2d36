/*
 * The C interface of Chagres' own CPU kernels: a few functions that take an operation code, a dtype and layouts,
 * so that a new operation changes ops.def and leaves this file, and the Java bindings made from it, as they are.
 *
 * Conventions
 *  - Sizes and strides are `long long`, strides count elements, not bytes, and may be 0 or negative.
 *  - `_1d` functions walk one axis; `_nd` functions take `dims`: `ndim` sizes, outermost first, then `ndim` strides of
 *    each operand in the order of the arguments, the result last. Java has collapsed and ordered the axes, so that the
 *    last axis is the one to walk in the inner loop. 1 <= ndim <= 64.
 *  - A result never overlaps an operand partly: it is the same elements (in place) or apart.
 *  - Indices and masks that another thread changes meanwhile give unspecified results inside the operands.
 *  - Functions return a ch_status. They never allocate, print or keep state between calls (but for ch_share_*);
 *    every function may be called from many threads at once on disjoint results.
 */
#ifndef CHAGRES_KERNELS_H
#define CHAGRES_KERNELS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef long long ch_long;

enum ch_dtype {
  CH_BOOL,
  CH_UINT8,
  CH_INT8,
  CH_INT16,
  CH_INT32,
  CH_INT64,
  CH_FLOAT16,
  CH_BFLOAT16,
  CH_FLOAT32,
  CH_FLOAT64
};

enum ch_status {
  CH_OK = 0,
  CH_NO_KERNEL = 1,        /* no code for this operation and dtype: a defect of the caller */
  CH_DIVIDE_BY_ZERO = 2,   /* an integer was divided by zero; the result is unspecified */
  CH_INDEX_OUT_OF_RANGE = 3, /* *bad holds the offending index; results are unspecified */
  CH_BAD_STATE = 4           /* these bytes are no generator state; nothing was changed */
};

/*
 * What is written where an index says: the element itself, or one made of it and the one that is there. A NaN wins. Halves have
 * neither sum nor product.
 */
enum ch_store { CH_STORE_REPLACE, CH_STORE_ADD, CH_STORE_MULTIPLY, CH_STORE_MAX, CH_STORE_MIN };

#include "rules.h"

enum ch_family { CH_FAMILY_UNARY, CH_FAMILY_BINARY, CH_FAMILY_REDUCE, CH_FAMILY_TERNARY };

/* The name of operation `op` as ops.def spells it, or NULL past the end: Java compares its enums with it at load. */
const char *ch_op_name(int family, int op);
/* A hash of all these names, 32-bit FNV-1a with a newline after each; a variable that is set when the library is loaded,
   since reading one costs Java less than a call of a new type. */
extern int ch_op_digest;

/* ---- elementwise; `dtype` is that of the operands, predicates write bool ---------------------------------------- */

int ch_unary_1d(int op, int dtype, ch_long n, const void *x, ch_long sx, void *y, ch_long sy);
int ch_unary_nd(int op, int dtype, int ndim, const ch_long *dims, const void *x, void *y);

int ch_binary_1d(int op, int dtype, ch_long n, const void *a, ch_long sa, const void *b, ch_long sb, void *y,
                 ch_long sy);
int ch_binary_nd(int op, int dtype, int ndim, const ch_long *dims, const void *a, const void *b, void *y);

/* `value` is the number of the formula for the floating dtypes, `whole` that for the others. */
int ch_ternary_1d(int op, int dtype, double value, ch_long whole, ch_long n, const void *a, ch_long sa, const void *b,
                  ch_long sb, const void *c, ch_long sc, void *y, ch_long sy);
int ch_ternary_nd(int op, int dtype, double value, ch_long whole, int ndim, const ch_long *dims, const void *a,
                  const void *b, const void *c, void *y);

/* y = condition ? a : b; the condition is bool. */
int ch_where_1d(int dtype, ch_long n, const void *condition, ch_long sc, const void *a, ch_long sa, const void *b,
                ch_long sb, void *y, ch_long sy);
int ch_where_nd(int dtype, int ndim, const ch_long *dims, const void *condition, const void *a, const void *b, void *y);

/* y = (to) x: copies, casts, fills (sx = 0) and transposes. Float to integer truncates; anything to bool is x != 0. */
int ch_copy_1d(int from, int to, ch_long n, const void *x, ch_long sx, void *y, ch_long sy);
int ch_copy_nd(int from, int to, int ndim, const ch_long *dims, const void *x, void *y);

/*
 * y[i] = start + (first + i) * step: in double, fused where the processor can, for the floating dtypes, but for float32 as if
 * rounded once where start and step are floats; in 64-bit integers for the others.
 */
int ch_arange(int dtype, ch_long n, ch_long first, double start, double step, ch_long istart, ch_long istep, void *y);

/*
 * Rows `first` to `first + count` of contiguous matrices (.., rows, columns), counted through all of them: y keeps what of x lies
 * on and below the diagonal that is `diagonal` above the main one (or on and above it, where `upper` is set), and is 0
 * elsewhere. y may be x. `diagonal` is from -rows to columns.
 */
int ch_triangle(int upper, int dtype, ch_long first, ch_long count, ch_long rows, ch_long columns, ch_long diagonal,
                const void *x, void *y);

/* ---- formulas: elementwise operations in one pass over memory ----------------------------------------------------- */

/* What a value of a formula is: */
enum ch_value_kind {
  CH_VALUE_MOVING,   /* an operand that lies in row-major order, or a result */
  CH_VALUE_HELD,     /* an operand that is one element for all, or a constant */
  CH_VALUE_GATHERED, /* an operand of any layout, of which a row is made for each tile */
  CH_VALUE_ROW,      /* a row of a tile's elements, between two steps */
  CH_VALUE_NUMBER    /* one number for all, between two steps */
};

struct ch_value {
  ch_long kind, size;  /* of an element, in bytes */
  char *at;            /* of an operand, a constant or a result: its first element */
  ch_long row;         /* of the others, and for what is gathered: where in the scratch its elements are, in bytes */
  ch_long strides;     /* of what is gathered: the place of its strides in `dims`, counted in axes */
};

enum ch_step_kind { CH_STEP_UNARY, CH_STEP_BINARY, CH_STEP_TERNARY, CH_STEP_WHERE, CH_STEP_CAST };

/* value[result] = an operation of value[a] (and b, c), of operands of `dtype`; a cast is from `op` to `dtype`. */
struct ch_step {
  ch_long kind, op, dtype, result, a, b, c, whole;
  double value;
};

/* The first `once` steps are of single numbers. `dims` are `ndim` sizes, then the strides of each operand that is gathered. */
struct ch_formula {
  ch_long values, steps, once, tile, ndim;
  const struct ch_value *value;
  const struct ch_step *step;
  const ch_long *dims;
};

/*
 * Elements `from` to `from + count`, in row-major order, of the results of a formula, `tile` at a time. `scratch` is aligned to
 * 64 bytes. A zero divisor leaves the results unspecified, and the step's number in *failed.
 */
int ch_formula_run(const struct ch_formula *formula, ch_long from, ch_long count, void *scratch, ch_long *failed);

/* ---- reductions --------------------------------------------------------------------------------------------------- */

/*
 * Reduces the middle axis of x, seen as (outer, n, inner) with strides (so, sn, si), into y, contiguous (outer, inner).
 * SUM, PROD, MAX, MIN: y has x's dtype, but sums and products of integers and bools are int64, and wrap. ARGMAX, ARGMIN: int64, the first of equals.
 * ANY, ALL: bool in, bool out. A NaN wins in MAX, MIN, ARGMAX and ARGMIN. Floating sums are pairwise. SUM_SQUARES and
 * SUM_MAGNITUDES add up x * x and |x|, of floating dtypes.
 */
int ch_reduce(int op, int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, ch_long so, ch_long sn,
              ch_long si, void *y);

/*
 * The mean, and the sum of the squared distances from it, of the middle axis of x, seen as in ch_reduce; in float64 whatever
 * the dtype (float32, float64), contiguous (outer, inner). n >= 1.
 */
int ch_moments(int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, ch_long so, ch_long sn, ch_long si,
               double *mean, double *squares);
/*
 * Those of the whole from those of its parts: joins the middle axis of contiguous (outer, n, inner), each of whose entries
 * stands for `each` elements, the last for `last`.
 */
int ch_join_moments(ch_long outer, ch_long n, ch_long inner, ch_long each, ch_long last, const double *mean,
                    const double *squares, double *joined_mean, double *joined_squares);

/* ---- softmax along the middle axis of contiguous (outer, n, inner) --------------------------------------------------- */

int ch_softmax(int logarithm, int dtype, ch_long outer, ch_long n, ch_long inner, const void *x, void *y);
/* gx from the gradient g and the saved output y. */
int ch_softmax_backward(int logarithm, int dtype, ch_long outer, ch_long n, ch_long inner, const void *g, const void *y,
                        void *gx);

/*
 * The losses -weight[t] * log softmax(x)[t] of rows of n scores, t being the row's target; 0 where it is `ignored`. The weights
 * of the classes are 1 where NULL. For the gradient: each row's maximum, the logarithm of its sum of exponentials from there, and
 * the weight that it has.
 */
int ch_cross_entropy(int dtype, ch_long rows, ch_long n, ch_long ignored, const void *x, const ch_long *target,
                     const void *weight, void *most, void *below, void *share, void *losses, ch_long *bad);
/* gx = (softmax(x) - [its target]) * share * g / total; the g of the rows lie `step` apart. */
int ch_cross_entropy_backward(int dtype, ch_long rows, ch_long n, ch_long ignored, const void *g, ch_long step, double total,
                              const void *x, const ch_long *target, const void *most, const void *below, const void *share,
                              void *gx);

/* ---- layer normalization of contiguous rows of n elements; n >= 1 ------------------------------------------------------- */

/* y = (x - mean) * rstd * weight + bias, rstd = 1 / sqrt(variance + eps); weight and bias have n elements or are null. */
int ch_layer_norm(int dtype, ch_long rows, ch_long n, double eps, const void *x, const void *weight, const void *bias,
                  void *y, double *mean, double *rstd);
/*
 * From the gradient g: that of x, unless it is null, and over these rows those of weight and bias, unless these two are null;
 * they are written whether there are a weight and a bias.
 */
int ch_layer_norm_backward(int dtype, ch_long rows, ch_long n, const void *g, const void *x, const void *weight,
                           const double *mean, const double *rstd, void *gx, void *gweight, void *gbias);

/* ---- batch normalization of channels, each in rows of n elements side by side that lie `step` apart; channels lie n apart ----- */

/* The first number of each channel, 0 for what is not finite: the mean's place, until the mean is known. */
int ch_batch_centers(int dtype, ch_long channels, ch_long n, const void *x, double *center);
/*
 * Over some rows the sums of x - center and of its squares; with a gradient g, of g and of g (x - center).
 */
int ch_batch_sums(int dtype, ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                  const double *center, double *sum, double *product);
/*
 * What ch_batch_put needs of each channel, by the sums of its `count` numbers, whose second half is `all` behind the first, as
 * that of the statistics is, which are the centers before and the mean and 1 / sqrt(variance + eps) then; mean and variance
 * move by the momentum, if there are any. Without sums they are what is normalized by.
 */
int ch_batch_norm_places(int dtype, ch_long channels, ch_long all, double count, double momentum, double eps,
                         const double *sums, double *statistics, const void *weight, const void *bias, void *mean,
                         void *variance, void *places);
/*
 * The same for the gradient of x, and those of weight and bias, unless they are null. Without sums for a gradient that needs
 * no x, alone.
 */
int ch_batch_slope_places(int dtype, ch_long channels, ch_long all, double count, const double *sums, const double *statistics,
                          const void *weight, void *places, void *gweight, void *gbias);
/* Writes normalized numbers; with g the gradient of x, without x that by means which do not follow from it. */
int ch_batch_put(int dtype, ch_long rows, ch_long channels, ch_long n, ch_long step, const void *g, const void *x,
                 const void *places, ch_long all, void *y);

/* ---- steps of recurrent layers: rows of n numbers of a state; float32 and float64 ---------------------------------------- */

enum { CH_CELL_RNN_TANH, CH_CELL_RNN_RELU, CH_CELL_LSTM, CH_CELL_GRU };
/*
 * From the products x and h of a step's inputs and of the state before, both (rows, gates, n) with 1, 4 or 3 gates: the state
 * after, also in y, and of an LSTM the cells. kept, unless it is null: (rows, 6, n) of an LSTM and (rows, 5, n) of a GRU for the
 * gradient.
 */
int ch_cell(int cell, int dtype, ch_long rows, ch_long n, const void *x, const void *h, void *state, void *cells, void *kept,
            void *y);
/*
 * The gradients of x and, for a GRU, of h, which are one for the others, from that of y, which may be null, and those of the
 * state and the cells after. The cells' becomes that of the cells before; a GRU's state's what goes to the state before past h.
 * kept: of a layer without gates y itself.
 */
int ch_cell_backward(int cell, int dtype, ch_long rows, ch_long n, const void *g, const void *kept, void *gstate, void *gcells,
                     void *gx, void *gh);

/* ---- attention: softmax(scale Q K^T) V of one head, float32 and float64 ---------------------------------------------------- */

/* Rows of Q that one call takes at most, and of which parts of a gradient are multiples; greatest size and width. */
enum { CH_ATTENTION_ROWS = 128, CH_ATTENTION_SIZES = 256 };

/*
 * Q (rows, size), K (keys, size), V (keys, width), Y and its gradient G (rows, width), whose rows are contiguous and lie
 * `step` apart. A row sees the keys up to its own number, `first` for the first one; with a negative first all. A mask (rows,
 * keys), whose elements lie steps of any size apart, says which scores count, or is added to them, in the dtype. Of what
 * dropout keeps, each row has so many words of 64 bits; what is kept is multiplied by `by`.
 */
enum { CH_MASK_NONE, CH_MASK_BOOL, CH_MASK_ADDED };
struct ch_attention {
  ch_long rows, keys, size, width, first, step_q, step_k, step_v, step_y, step_g, step_gq, step_gk, step_gv;
  ch_long mask, mask_row, mask_key, words;
  double by;
};

/*
 * Y, and for each row the logarithm of its sum of exponentials: minus infinity, beside a row of 0, where there is nothing.
 * `kept` is null without dropout.
 */
int ch_attention(int dtype, const struct ch_attention *form, double scale, const void *q, const void *k, const void *v,
                 const void *mask, const ch_long *kept, void *y, void *logs);
/* The dot product of each row of G and of Y, which the gradient needs. */
int ch_attention_dots(int dtype, const struct ch_attention *form, const void *g, const void *y, void *dots);
/* Which rows and keys a call works on. */
struct ch_attention_part {
  ch_long row, row_end, key, key_end;
};
/* The gradients, each unless it is null: of these rows of Q, as these keys bring it; of these keys and values, as these rows do. */
int ch_attention_backward(int dtype, const struct ch_attention *form, const struct ch_attention_part *part, double scale,
                          const void *q, const void *k, const void *v, const void *mask, const ch_long *kept,
                          const void *g, const void *logs, const void *dots, void *gq, void *gk, void *gv);
/* y[i, j] = by where bit j of row i is set, and 0. */
int ch_attention_kept(int dtype, ch_long rows, ch_long keys, double by, const ch_long *kept, void *y);

/* ---- indexing; indices are int64, from `low`, 0 or -n, to n - 1: negative ones count from the end ------------------------ */

/* Checks all indices: to be called before ch_index_put and ch_scatter, which stop midway at a bad one. dims: sizes, strides. */
int ch_index_check(int ndim, const ch_long *dims, ch_long n, ch_long low, const ch_long *index, ch_long *bad);
/* y[o, j, i] = x[o, index[j], i]; x is contiguous (outer, n, inner), y contiguous (outer, count, inner). */
int ch_index_select(int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long count, const void *x,
                    const ch_long *index, void *y, ch_long *bad);
/* y[o, index[j], i] = x[o, j, i], or combined with it, in the order of j, for i < width. */
int ch_index_put(int store, int dtype, ch_long outer, ch_long n, ch_long low, ch_long inner, ch_long width, ch_long count,
                 const void *x, const ch_long *index, void *y, ch_long *bad);
/*
 * y[.., p, ..] = x[.., index[.., p, ..], ..] along one axis of n elements with stride `sn` in x. dims: the sizes of
 * index, then the strides of x (0 for the gathered axis), of index and of y.
 */
int ch_gather(int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn, const void *x,
              const ch_long *index, void *y, ch_long *bad);
/*
 * y[.., index[.., p, ..], ..] = x[.., p, ..], or combined with it. dims: the sizes of index, the strides of x, index and y (0
 * on the axis).
 */
int ch_scatter(int store, int dtype, int ndim, const ch_long *dims, ch_long n, ch_long low, ch_long sn,
               const void *x, const ch_long *index, void *y, ch_long *bad);
/*
 * positions = positions * n + index, counted from the start: what several indices from -n name together, one call after the
 * other.
 * dims: the sizes, the strides of index and of positions. Where an index is out of range, positions are unspecified.
 */
int ch_index_join(int ndim, const ch_long *dims, ch_long n, const ch_long *index, ch_long *positions, ch_long *bad);
/* Counts the true elements of a contiguous mask, and writes their flat positions, `room` of them. */
ch_long ch_count_true(ch_long n, const void *mask);
int ch_positions(ch_long n, const void *mask, ch_long room, ch_long *positions);

/*
 * Writes 0 counts[0] times, then 1 counts[1] times, and so on, `room` numbers in all: what counts of others than those that
 * were summed lack at the end is the last of them.
 */
int ch_repeats(ch_long n, const ch_long *counts, ch_long room, ch_long *y);

/*
 * For each of `batch` matrices of n rows the order that k exchanges give them, one after the other: of row j with the row
 * pivots[j], which counts from 1, k <= n. Where a pivot is out of range, orders are unspecified.
 */
int ch_row_order(ch_long batch, ch_long k, ch_long n, const int *pivots, ch_long *order, ch_long *bad);

/* Adds to counts[p], of which there are `bins`, 1 for each of n positions p; they count from the start. */
int ch_count(ch_long n, const ch_long *positions, ch_long bins, ch_long *counts, ch_long *bad);
/*
 * Adds to each count how many elements of x lie in its bin, of the equal ones from low to high; `width` is high - low, and high
 * is in the last bin. float32 and float64.
 */
int ch_histogram(int dtype, ch_long n, const void *x, double low, double high, double width, ch_long bins,
                 ch_long *counts);

/* ---- order -------------------------------------------------------------------------------------------------------------- */

/*
 * Sorting is stable; zeros are equal, every NaN is equal to the others and greatest, and `descending` has the opposite order.
 * `lines`: n, inner, and the strides of x seen as (outer, n, inner). The lines along the middle axis are numbered in row-major
 * order, and those from `from` to `to` are sorted; results are contiguous. Either of values and indices (int64) may be NULL.
 * scratch: ch_sort_scratch bytes, aligned to 8.
 */
ch_long ch_sort_scratch(int dtype, ch_long n);
int ch_sort(int dtype, int descending, const ch_long *lines, ch_long from, ch_long to, const void *x, void *values,
            ch_long *indices, void *scratch);

enum ch_select_kind {
  CH_SELECT_FIRST,     /* the first k, 0 <= k <= n, as a sort has them: the only kind with more than one result for a line */
  CH_SELECT_NTH,       /* one equal to what a sort puts at position k, 0 <= k < n: of several that of Hoare's quickselect */
  CH_SELECT_MEDIAN,    /* the middle one, of two the less; the first NaN if there is one. Ascending */
  CH_SELECT_NANMEDIAN, /* the same of those that are not NaN, unless all are. Ascending */
  CH_SELECT_MODE       /* the last of the most frequent ones, of several such the least; no NaN is equal to another */
};

/* As ch_sort, with n > 0, in time proportional to n but for the order of the first k. */
int ch_select(int dtype, int kind, int descending, ch_long k, const ch_long *lines, ch_long from, ch_long to,
              const void *x, void *values, ch_long *indices, void *scratch);

/* Sorts the rows of contiguous x (rows, n) lexicographically, stably: writes where each was. scratch: as many positions. */
int ch_sort_rows(int dtype, ch_long rows, ch_long n, const void *x, ch_long *indices, ch_long *scratch);

/*
 * Where each of m elements of x goes into a sorted row of n: before those that are equal or, if `right`, behind them; NaN goes
 * behind all. `sorted` and `order`, where its elements are in order or NULL, have a row for each row of x, `row_stride` apart.
 */
int ch_search(int dtype, int right, ch_long rows, ch_long n, ch_long m, const void *sorted, ch_long row_stride,
              const ch_long *order, const void *x, ch_long *y);

/* ---- scans -------------------------------------------------------------------------------------------------------------- */

enum ch_scan_op {
  CH_SCAN_SUM,       /* int64 and floating */
  CH_SCAN_PROD,      /* int64 and floating */
  CH_SCAN_MAX,       /* and where it is; the last of equals, and the last NaN */
  CH_SCAN_MIN,       /* likewise */
  CH_SCAN_LOGSUMEXP, /* floating */
  CH_SCAN_RECURRENCE /* y[i] = x[i] + a[i] * y[i - 1], floating */
};

/*
 * Scans the middle axis of x, seen as (outer, n, inner), into y. strides: three each of x, of a, and of y and the indices; a
 * negative one, with its pointer at the last element, scans backwards. a is NULL but for RECURRENCE, indices but for MAX and MIN.
 */
int ch_scan(int op, int dtype, ch_long outer, ch_long n, ch_long inner, const ch_long *strides, const void *x,
            const void *a, void *y, ch_long *indices);

/* ---- matrices ---------------------------------------------------------------------------------------------------------- */

/*
 * C = alpha * A B + beta * C for small and middling matrices, on one thread: C (m, n) row-major with leading dimension ldc; A (m, k)
 * with row and column strides (rsa, csa), likewise B (k, n). beta = 0 does not read C. float32 and float64, also of any size
 * with a single row or column; the integers too, which wrap, of any size, with alpha = 1 and a beta of 0 or 1. All that
 * `count` times: next are the distances, in elements, from one A, B and C to the next; NULL for a count of 1.
 */
int ch_gemm_small(int dtype, ch_long count, const ch_long *next, ch_long m, ch_long n, ch_long k, double alpha, const void *a,
                  ch_long rsa, ch_long csa, const void *b, ch_long rsb, ch_long csb, double beta, void *c, ch_long ldc);

/*
 * The same for large matrices of float32 and float64, whatever their strides. Both operands are packed, piece by piece, into
 * `work`: CH_PACKED_BYTES of the caller's, aligned to 64.
 */
enum { CH_PACKED_BYTES = 5 << 18 };
int ch_gemm_packed(int dtype, ch_long m, ch_long n, ch_long k, double alpha, const void *a, ch_long rsa, ch_long csa,
                   const void *b, ch_long rsb, ch_long csb, double beta, void *c, ch_long ldc, void *work);

/* Bytes of the vectors that this build of the kernels computes with: 16, 32 or 64. */
int ch_vector_bytes(void);

/* ---- a BLAS call shared by several threads ---------------------------------------------------------------------------------- */

/*
 * Has OpenBLAS run the jobs of a call, which wait for one another, on the calling thread and those that have joined its
 * share, or on new threads if it has none. The argument is openblas_set_threads_callback_function.
 */
void ch_share_serve(void *set_threads_callback);
/* Opens a share of the calling thread, for others to join; 0 if another thread has one. */
int ch_share_open(void);
/*
 * Waits until that many have joined, or so many nanoseconds; lets nobody else in, and returns how many have joined. From here
 * until it closes the share the caller stays on this thread.
 */
int ch_share_seal(int wanted, ch_long patience);
/* Ends the calling thread's share. */
void ch_share_close(void);
/* Joins the open share and works for it until it is closed; 0 if there is none, or it is sealed. */
int ch_share_join(void);

/* ---- convolution and pooling (float32, float64; contiguous) ------------------------------------------------------------------ */

/* geometry: channels, height, width, kernel h, w, stride h, w, padding h, w, dilation h, w, output height, width. */
/* column (channels * kh * kw, oh * ow), its rows `step` apart, from one image (channels, height, width); padding reads as 0. */
int ch_im2col(int dtype, const ch_long *geometry, ch_long step, const void *image, void *column);
/* image = sum over the positions that im2col read; the image is overwritten. */
int ch_col2im(int dtype, const ch_long *geometry, ch_long step, const void *column, void *image);
/*
 * The kernels (features, channels, kh, kw) as ch_conv2d takes them, in memory for (features + 7) * channels * kh * kw elements;
 * `turned` are those of the convolution that is the gradient of another with respect to its images: the other's kernels are
 * (channels, features, kh, kw).
 */
int ch_conv2d_pack(int dtype, const ch_long *geometry, ch_long features, int turned, const void *weight, void *packed);
/*
 * Rows `first` to `last` of the results of images that lie `step_x` elements apart, the results `step_y`; the strides are 1.
 * `bias` has the features' first values, or is NULL. `work` has room for channels * kh * kw numbers of 8 bytes, then channels *
 * (last - first + (kh - 1) * dilation h) * (ow + (kw - 1) * dilation w) elements and 128 bytes.
 */
int ch_conv2d(int dtype, const ch_long *geometry, ch_long images, ch_long step_x, ch_long step_y, ch_long features,
              ch_long first, ch_long last, const void *x, const void *packed, const void *bias, void *y, void *work);
/*
 * The gradient of the kernels, as (features, kh, kw, channels), summed over images; g are the results' gradients. `work` has
 * room for (height + 2 * padding h) * (width + 2 * padding w) pixels of as many whole vectors as their channels need.
 */
int ch_conv2d_weight(int dtype, const ch_long *geometry, ch_long images, ch_long step_g, ch_long step_x, ch_long features,
                     const void *g, const void *x, void *gweight, void *work);
/*
 * Convolution of many images at once. The kernels of `rows` features (on the way back, channels) are a tile, and where channels
 * are meant to be vectors, as many as two vectors have (four of aarch64) are a panel. Images that lie `step` elements apart are
 * laid out for ch_conv2d_beside as (places, channels, images), up to a panel of them, in whole vectors, deep places a vector
 * further apart; for ch_conv2d_beside_weight as (channels / width, places, images, width), where a width is a tile's for the
 * results' gradients and a panel's for the images. Both do parts first to last: of channels, or of the groups of them.
 */
enum { CH_BESIDE_TAPS = 16, CH_BESIDE_BYTES = 1 << 18 };
int ch_conv2d_beside_rows(void);
int ch_conv2d_beside_images(int dtype, ch_long channels, ch_long places, ch_long images, ch_long step, ch_long first,
                            ch_long last, const void *x, void *to);
int ch_conv2d_beside_channels(int dtype, ch_long width, ch_long channels, ch_long places, ch_long images, ch_long step,
                              ch_long first, ch_long last, const void *x, void *to);
/*
 * Tiles first to last of the results, or on the way `back` of the images' gradients, which lie `step_y` elements apart, from
 * the kernels (features, channels, kh, kw), with up to CH_BESIDE_TAPS taps along a side. `bias` has the features' first values, or is NULL; `work` CH_BESIDE_BYTES.
 */
int ch_conv2d_beside(int dtype, const ch_long *geometry, ch_long features, int back, ch_long images, ch_long step_y,
                     ch_long first, ch_long last, const void *x, const void *weight, const void *bias, void *y, void *work);
/*
 * Tiles first to last of the gradient of the kernels (features, channels, kh, kw), stored or `added`. `work` has room for a
 * tile of kernels with a panel of channels.
 */
int ch_conv2d_beside_weight(int dtype, const ch_long *geometry, ch_long features, ch_long images, ch_long first, ch_long last,
                            const void *g, const void *x, int added, void *gweight, void *work);
/*
 * Per plane: the maximum of each window and its flat position in the plane (int64). A NaN wins. Padding never wins: a window
 * without a pixel, past which its dilation leads, has minus infinity and the position -1.
 */
int ch_max_pool2d(int dtype, ch_long planes, const ch_long *geometry, const void *x, void *y, ch_long *positions);
/*
 * Its gradient: planes x of `in` elements, 0 but for the g, `out` a plane, that are added up at their positions; g at a position
 * outside, as -1, count nowhere.
 */
int ch_max_unpool2d(int dtype, ch_long planes, ch_long in, ch_long out, const void *g, const ch_long *positions, void *x);

/* ---- optimizer steps: one pass over a contiguous parameter ---------------------------------------------------------------------- */

/* hyper: lr, momentum, dampening, weight_decay. flags: 1 nesterov, 2 first step (buffer = gradient), 4 maximize. */
int ch_sgd_step(int dtype, ch_long n, void *parameter, const void *gradient, void *momentum_buffer, const double *hyper,
                int flags);
/*
 * hyper: lr, beta1, beta2, eps, weight_decay, bias_correction1, bias_correction2.
 * flags: 1 decoupled weight decay (AdamW), 2 amsgrad, 4 maximize. max_exp_avg_sq may be NULL without amsgrad.
 */
int ch_adam_step(int dtype, ch_long n, void *parameter, const void *gradient, void *exp_avg, void *exp_avg_sq,
                 void *max_exp_avg_sq, const double *hyper, int flags);
/*
 * A step by a rule of rules.h, which says what its numbers are and what is kept. tensors: the parameter, its gradient, and what
 * is kept; flags: of ch_rule_flag. CH_NO_KERNEL if the rule has no such flags.
 */
int ch_rule_step(int rule, int dtype, ch_long n, void *const *tensors, const double *numbers, int flags);

/* ---- gradients of a model ------------------------------------------------------------------------------------------------------- */

/* x *= factor; *found, which may be NULL, becomes 1 if an element was infinite or NaN. The 16-bit floats are multiplied in float. */
int ch_scale(int dtype, ch_long n, void *x, double factor, float *found);
/* The sum of the squares of x, reckoned in double. */
int ch_squares(int dtype, ch_long n, const void *x, double *sum);

/* ---- random streams ----------------------------------------------------------------------------------------------------------------- */

/*
 * PyTorch's CPU generator. `state` is ch_generator_bytes() bytes, aligned to 8: mt19937 and the cached second normal, no
 * pointer, so a copy of the bytes is a copy of the generator. Results are contiguous; calls on one state are made one at a
 * time. The numbers of `n` elements made by one call differ from those made by several: torch's calls are the unit.
 */
ch_long ch_generator_bytes(void);
/* torch.manual_seed: the low 32 bits of the seed set the stream, all 64 are remembered. */
void ch_generator_seed(void *state, ch_long seed);
ch_long ch_generator_initial_seed(const void *state);
/* The bytes of torch.get_rng_state(), and back; import answers CH_BAD_STATE for bytes that torch would refuse. */
#define CH_TORCH_STATE_BYTES 5056
void ch_generator_export(const void *state, void *torch_state);
int ch_generator_import(void *state, const void *torch_state);

/* Uniform in [low, high) and normal as torch's uniform_ and normal_, the stream's order and rounding included; floating dtypes. */
int ch_random_uniform(void *state, int dtype, ch_long n, double low, double high, void *y);
int ch_random_normal(void *state, int dtype, ch_long n, double mean, double std, void *y);
/*
 * As torch's exponential_(a), log_normal_(a, b) and cauchy_(a, b) in the floating dtypes, geometric_(a) in all but bool; the
 * parameters are valid.
 */
enum ch_distribution { CH_EXPONENTIAL, CH_GEOMETRIC, CH_LOG_NORMAL, CH_CAUCHY };
int ch_random_fill(void *state, int distribution, int dtype, ch_long n, double a, double b, void *y);
/*
 * As torch.bernoulli(a), poisson(a) and binomial(a, b), all of one floating dtype (binomial: not of 16 bits); b is read by
 * binomial alone. Any values are safe.
 */
enum ch_trial { CH_BERNOULLI, CH_POISSON, CH_BINOMIAL };
int ch_random_each(void *state, int trial, int dtype, ch_long n, const void *a, const void *b, void *y);
/*
 * As torch.multinomial with replacement: for each row of p n slots, with probabilities in proportion to the row's elements;
 * float32 and float64. p is overwritten.
 */
int ch_random_choices(void *state, int dtype, ch_long rows, ch_long slots, void *p, ch_long n, ch_long *y);
/* Integers in [low, high), low < high, as torch.randint; every dtype. A floating dtype rounds what it does not hold. */
int ch_random_integer(void *state, int dtype, ch_long n, ch_long low, ch_long high, void *y);
/* As torch's random_ without bounds: from 0 on, as far as the dtype holds all integers. */
int ch_random_words(void *state, int dtype, ch_long n, void *y);
/* 1 with probability p, else 0, as torch's bernoulli_(p) (what dropout draws); every dtype. */
int ch_random_bernoulli(void *state, int dtype, ch_long n, double p, void *y);
/* The same draws of rows of n elements, a bit each, from the lowest of (n + 63) / 64 words a row on. */
int ch_random_bits(void *state, ch_long rows, ch_long n, double p, ch_long *y);
/* A permutation of 0 .. n - 1 as torch.randperm, int64. */
int ch_random_permutation(void *state, ch_long n, ch_long *y);

/*
 * numpy's legacy RandomState (mt19937, polar normals with a cached second one). `state` is ch_numpy_bytes() bytes, aligned
 * to 8, and copied like the one above. numpy takes seeds of 0 .. 2^32 - 1; here the low 32 bits count.
 */
ch_long ch_numpy_bytes(void);
void ch_numpy_seed(void *state, ch_long seed);
void ch_numpy_uniform(void *state, ch_long n, double *y);            /* random_sample, rand */
void ch_numpy_normal(void *state, ch_long n, double mean, double std, double *y);
/* Integers in [low, high), low < high, as randint with its default dtype. */
int ch_numpy_integer(void *state, ch_long n, ch_long low, ch_long high, ch_long *y);
/* Shuffles the positions 0 .. n - 1 held in y, as RandomState.shuffle does to an array of n rows. */
void ch_numpy_shuffle(void *state, ch_long n, ch_long *y);

#ifdef __cplusplus
}
#endif
#endif
