/*
 * Steps of recurrent layers: what is made of the products of a step's inputs and of the state before, in one pass, and the
 * gradients of these products.
 */
#include "activations.h"
#include "mathcalls.h"
#include "types.h"

#define sigmoid(x) FN(sigmoid)(x)
#define FN(name) JOIN(name, S)

#define T float
#define S f32
#include "cell_of.h"

#undef FN
#define FORMULAS_ACTIVATIONS
#define T double
#define S f64
#undef sigmoid
#include "formulas_of.h"
#define sigmoid(x) FN(sigmoid)(x)
#include "cell_of.h"

int ch_cell(int cell, int dtype, ch_long rows, ch_long n, const void *x, const void *h, void *state, void *cells, void *kept,
            void *y) {
  if ((dtype != CH_FLOAT32 && dtype != CH_FLOAT64) || cell < CH_CELL_RNN_TANH || cell > CH_CELL_GRU) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? step_f32 : step_f64)(cell, rows, n, x, h, state, cells, kept, y);
  return CH_OK;
}

int ch_cell_backward(int cell, int dtype, ch_long rows, ch_long n, const void *g, const void *kept, void *gstate, void *gcells,
                     void *gx, void *gh) {
  if ((dtype != CH_FLOAT32 && dtype != CH_FLOAT64) || cell < CH_CELL_RNN_TANH || cell > CH_CELL_GRU) {
    return CH_NO_KERNEL;
  }
  (dtype == CH_FLOAT32 ? step_slope_f32 : step_slope_f64)(cell, rows, n, g, kept, gstate, gcells, gx, gh);
  return CH_OK;
}
