/* Steps of recurrent layers for one floating type T with suffix S; included by cell.c once per type. */

/* Of x + h: what a plain layer's state becomes. */
INLINE void FN(plain)(ch_long count, const T *x, const T *h, T *state, T *y, const int relu) {
  INDEPENDENT for (ch_long j = 0; j < count; j++) {
    T sum = x[j] + h[j];
    T next = relu ? (sum < 0 ? (T)0 : sum) : tanh(sum);
    state[j] = next;
    y[j] = next;
  }
}

/* x, h: the gates i, f, g and o of n numbers each; kept: these, then the cells before and the tangent of those after. */
INLINE void FN(lstm)(ch_long n, const T *x, const T *h, T *state, T *cells, T *kept, T *y, const int keep) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T before = cells[j];
    T in = sigmoid(x[j] + h[j]), forget = sigmoid(x[n + j] + h[n + j]);
    T fresh = tanh(x[2 * n + j] + h[2 * n + j]), out = sigmoid(x[3 * n + j] + h[3 * n + j]);
    T after = forget * before + in * fresh, bent = tanh(after), next = out * bent;
    if (keep) {
      kept[j] = in;
      kept[n + j] = forget;
      kept[2 * n + j] = fresh;
      kept[3 * n + j] = out;
      kept[4 * n + j] = before;
      kept[5 * n + j] = bent;
    }
    cells[j] = after;
    state[j] = next;
    y[j] = next;
  }
}

/* x, h: the gates r, z and n; kept: these, what h brings to the last, and the state before. */
INLINE void FN(gru)(ch_long n, const T *x, const T *h, T *state, T *kept, T *y, const int keep) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T before = state[j], part = h[2 * n + j];
    T reset = sigmoid(x[j] + h[j]), update = sigmoid(x[n + j] + h[n + j]);
    T fresh = tanh(x[2 * n + j] + reset * part), next = (before - fresh) * update + fresh;
    if (keep) {
      kept[j] = reset;
      kept[n + j] = update;
      kept[2 * n + j] = fresh;
      kept[3 * n + j] = part;
      kept[4 * n + j] = before;
    }
    state[j] = next;
    y[j] = next;
  }
}

static void FN(step)(int cell, ch_long rows, ch_long n, const void *x, const void *h, void *state, void *cells, void *kept,
                     void *y) {
  if (cell == CH_CELL_RNN_TANH) {
    FN(plain)(rows * n, x, h, state, y, 0);
    return;
  }
  if (cell == CH_CELL_RNN_RELU) {
    FN(plain)(rows * n, x, h, state, y, 1);
    return;
  }
  const ch_long gates = cell == CH_CELL_LSTM ? 4 : 3, parts = cell == CH_CELL_LSTM ? 6 : 5;
  for (ch_long row = 0; row < rows; row++) {
    const T *xs = (const T *)x + row * gates * n, *hs = (const T *)h + row * gates * n;
    T *now = (T *)state + row * n, *ys = (T *)y + row * n, *known = kept ? (T *)kept + row * parts * n : 0;
    if (cell == CH_CELL_LSTM) {
      T *c = (T *)cells + row * n;
      if (known) {
        FN(lstm)(n, xs, hs, now, c, known, ys, 1);
      } else {
        FN(lstm)(n, xs, hs, now, c, known, ys, 0);
      }
    } else if (known) {
      FN(gru)(n, xs, hs, now, known, ys, 1);
    } else {
      FN(gru)(n, xs, hs, now, known, ys, 0);
    }
  }
}

/* ---- gradients; `given`: whether g adds to what comes from the next step */

INLINE void FN(plain_slope)(ch_long count, const T *g, const T *kept, const T *later, T *gx, const int relu, const int given) {
  INDEPENDENT for (ch_long j = 0; j < count; j++) {
    T slope = given ? g[j] + later[j] : later[j], y = kept[j];
    gx[j] = relu ? (y <= 0 ? (T)0 : slope) : slope * (1 - y * y);
  }
}

INLINE void FN(lstm_slope)(ch_long n, const T *g, const T *kept, const T *later, T *gcells, T *gx, const int given) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T slope = given ? g[j] + later[j] : later[j];
    T in = kept[j], forget = kept[n + j], fresh = kept[2 * n + j], out = kept[3 * n + j];
    T before = kept[4 * n + j], bent = kept[5 * n + j];
    T cell = gcells[j] + slope * out * (1 - bent * bent);
    gx[j] = cell * fresh * in * (1 - in);
    gx[n + j] = cell * before * forget * (1 - forget);
    gx[2 * n + j] = cell * in * (1 - fresh * fresh);
    gx[3 * n + j] = slope * bent * out * (1 - out);
    gcells[j] = cell * forget;
  }
}

INLINE void FN(gru_slope)(ch_long n, const T *g, const T *kept, T *gstate, T *gx, T *gh, const int given) {
  INDEPENDENT for (ch_long j = 0; j < n; j++) {
    T slope = given ? g[j] + gstate[j] : gstate[j];
    T reset = kept[j], update = kept[n + j], fresh = kept[2 * n + j], part = kept[3 * n + j], before = kept[4 * n + j];
    T of_fresh = slope * (1 - update) * (1 - fresh * fresh);
    T of_reset = of_fresh * part * reset * (1 - reset), of_update = slope * (before - fresh) * update * (1 - update);
    gx[j] = of_reset;
    gx[n + j] = of_update;
    gx[2 * n + j] = of_fresh;
    gh[j] = of_reset;
    gh[n + j] = of_update;
    gh[2 * n + j] = of_fresh * reset;
    gstate[j] = slope * update;
  }
}

static void FN(step_slope)(int cell, ch_long rows, ch_long n, const void *g, const void *kept, void *gstate, void *gcells,
                           void *gx, void *gh) {
  if (cell == CH_CELL_RNN_TANH || cell == CH_CELL_RNN_RELU) {
    const int relu = cell == CH_CELL_RNN_RELU;
    if (g && relu) {
      FN(plain_slope)(rows * n, g, kept, gstate, gx, 1, 1);
    } else if (g) {
      FN(plain_slope)(rows * n, g, kept, gstate, gx, 0, 1);
    } else if (relu) {
      FN(plain_slope)(rows * n, g, kept, gstate, gx, 1, 0);
    } else {
      FN(plain_slope)(rows * n, g, kept, gstate, gx, 0, 0);
    }
    return;
  }
  const ch_long gates = cell == CH_CELL_LSTM ? 4 : 3, parts = cell == CH_CELL_LSTM ? 6 : 5;
  for (ch_long row = 0; row < rows; row++) {
    const T *gs = g ? (const T *)g + row * n : 0, *known = (const T *)kept + row * parts * n;
    T *later = (T *)gstate + row * n, *gxs = (T *)gx + row * gates * n;
    if (cell == CH_CELL_LSTM) {
      T *c = (T *)gcells + row * n;
      if (gs) {
        FN(lstm_slope)(n, gs, known, later, c, gxs, 1);
      } else {
        FN(lstm_slope)(n, gs, known, later, c, gxs, 0);
      }
    } else {
      T *ghs = (T *)gh + row * gates * n;
      if (gs) {
        FN(gru_slope)(n, gs, known, later, gxs, ghs, 1);
      } else {
        FN(gru_slope)(n, gs, known, later, gxs, ghs, 0);
      }
    }
  }
}

#undef T
#undef S
