/* Formulas: the steps of one tile of elements after those of another, so that what lies between two steps stays in the cache. */
#include "shapes.h"

/* Most values of a formula; Java makes none that has more. */
#define MOST_VALUES 1024

/* Where a value is, for the tile at hand: its first element, and how far it is to the next. */
struct place {
  char *at;
  ch_long step;
};

/* Copies elements `from` to `from + n`, in row-major order, of an operand of any layout. */
static void gather(size_t size, int ndim, const ch_long *sizes, const ch_long *strides, ch_long from, ch_long n,
                   const char *x, char *y) {
  const int last = ndim - 1;
  ch_long at[MOST_AXES], rest = from, position = 0;
  for (int d = last; d >= 0; d--) {
    at[d] = d ? rest % sizes[d] : rest;
    rest /= sizes[d];
    position += at[d] * strides[d];
  }
  for (ch_long done = 0; done < n;) {
    const ch_long row = sizes[last] - at[last], count = n - done < row ? n - done : row;
    ch_move(size, count, x + position * (ch_long)size, strides[last], y + done * (ch_long)size, 1);
    done += count;
    position += count * strides[last];
    at[last] += count;
    for (int d = last; d > 0 && at[d] == sizes[d]; d--) {
      position += strides[d - 1] - sizes[d] * strides[d];
      at[d] = 0;
      at[d - 1]++;
    }
  }
}

static int run(const struct ch_step *s, ch_long n, const struct place *places) {
  const int op = (int)s->op, dtype = (int)s->dtype;
  const struct place *a = &places[s->a], *b = &places[s->b], *c = &places[s->c];
  char *y = places[s->result].at;
  switch (s->kind) {
    case CH_STEP_UNARY: return ch_unary_1d(op, dtype, n, a->at, a->step, y, 1);
    case CH_STEP_BINARY: return ch_binary_1d(op, dtype, n, a->at, a->step, b->at, b->step, y, 1);
    case CH_STEP_TERNARY:
      return ch_ternary_1d(op, dtype, s->value, s->whole, n, a->at, a->step, b->at, b->step, c->at, c->step, y, 1);
    case CH_STEP_WHERE: return ch_where_1d(dtype, n, a->at, a->step, b->at, b->step, c->at, c->step, y, 1);
    case CH_STEP_CAST: return ch_copy_1d(op, dtype, n, a->at, a->step, y, 1);
    default: return CH_NO_KERNEL;
  }
}

int ch_formula_run(const struct ch_formula *f, ch_long from, ch_long count, void *scratch, ch_long *failed) {
  struct place places[MOST_VALUES];
  if (f->values > MOST_VALUES) {
    return CH_NO_KERNEL;
  }
  for (ch_long v = 0; v < f->values; v++) {
    const struct ch_value *value = &f->value[v];
    places[v].at = value->kind >= CH_VALUE_GATHERED ? (char *)scratch + value->row : value->at;
    places[v].step = value->kind != CH_VALUE_HELD && value->kind != CH_VALUE_NUMBER;
  }
  for (ch_long done = 0; done < count; done += f->tile) {
    const ch_long n = count - done < f->tile ? count - done : f->tile;
    for (ch_long v = 0; v < f->values; v++) {
      const struct ch_value *value = &f->value[v];
      if (value->kind == CH_VALUE_MOVING) {
        places[v].at = value->at + (from + done) * value->size;
      } else if (value->kind == CH_VALUE_GATHERED) {
        gather((size_t)value->size, (int)f->ndim, f->dims, f->dims + value->strides, from + done, n, value->at,
               places[v].at);
      }
    }
    for (ch_long s = done ? f->once : 0; s < f->steps; s++) {
      const int status = run(&f->step[s], s < f->once ? 1 : n, places);
      if (status != CH_OK) {
        *failed = s;
        return status;
      }
    }
  }
  return CH_OK;
}
