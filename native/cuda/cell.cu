/*
 * Steps of recurrent layers, by number of the state: what is made of the products of a step's inputs and of the state before,
 * and the gradients of these products. Rows have n numbers of the state; what kernels.h says of ch_cell holds here.
 */
#include "operations.cuh"

namespace cell {
enum Cell { RNN_TANH, RNN_RELU, LSTM, GRU };
}

/* Where the numbers of an element of the state are, in arrays with so many of them for each. */
struct Places {
  long long row, column, n;
  DEVICE Places(long long i, long long n) : row(i / n), column(i % n), n(n) {}
  DEVICE long long at(int part, int parts) const { return (row * parts + part) * n + column; }
};

template <cell::Cell C, class M>
__global__ void cell_step(long long count, long long n, const M *x, const M *h, M *state, M *cells, M *kept, M *y) {
  typedef Value<M> V;
  EACH(long long, i, count) {
    const Places all(i, n);
    V next;
    if constexpr (C == cell::LSTM) {
      const auto gate = [&](int part) { return read(x[all.at(part, 4)]) + read(h[all.at(part, 4)]); };
      const V before = read(cells[i]), in = sigmoid(gate(0)), forget = sigmoid(gate(1));
      const V fresh = tanh(gate(2)), out = sigmoid(gate(3)), after = forget * before + in * fresh, bent = tanh(after);
      if (kept) {
        const V parts[] = {in, forget, fresh, out, before, bent};
        for (int part = 0; part < 6; part++) { kept[all.at(part, 6)] = write<M>(parts[part]); }
      }
      cells[i] = write<M>(after);
      next = out * bent;
    } else if constexpr (C == cell::GRU) {
      const auto gate = [&](int part) { return read(x[all.at(part, 3)]) + read(h[all.at(part, 3)]); };
      const V before = read(state[i]), reset = sigmoid(gate(0)), update = sigmoid(gate(1)), part = read(h[all.at(2, 3)]);
      const V fresh = tanh(read(x[all.at(2, 3)]) + reset * part);
      if (kept) {
        const V parts[] = {reset, update, fresh, part, before};
        for (int number = 0; number < 5; number++) { kept[all.at(number, 5)] = write<M>(parts[number]); }
      }
      next = (before - fresh) * update + fresh;
    } else {
      const V sum = read(x[i]) + read(h[i]);
      next = C == cell::RNN_TANH ? tanh(sum) : (sum < 0 ? (V)0 : sum);
    }
    state[i] = write<M>(next);
    y[i] = write<M>(next);
  }
}

template <cell::Cell C, class M>
__global__ void cell_step_backward(long long count, long long n, const M *g, const M *kept, M *gstate, M *gcells, M *gx,
                                   M *gh) {
  typedef Value<M> V;
  EACH(long long, i, count) {
    const Places all(i, n);
    const V slope = g ? read(g[i]) + read(gstate[i]) : read(gstate[i]);
    if constexpr (C == cell::LSTM) {
      const auto known = [&](int part) { return read(kept[all.at(part, 6)]); };
      const V in = known(0), forget = known(1), fresh = known(2), out = known(3), before = known(4), bent = known(5);
      const V cell = read(gcells[i]) + slope * out * (1 - bent * bent);
      gx[all.at(0, 4)] = write<M>(cell * fresh * in * (1 - in));
      gx[all.at(1, 4)] = write<M>(cell * before * forget * (1 - forget));
      gx[all.at(2, 4)] = write<M>(cell * in * (1 - fresh * fresh));
      gx[all.at(3, 4)] = write<M>(slope * bent * out * (1 - out));
      gcells[i] = write<M>(cell * forget);
    } else if constexpr (C == cell::GRU) {
      const auto known = [&](int part) { return read(kept[all.at(part, 5)]); };
      const V reset = known(0), update = known(1), fresh = known(2), part = known(3), before = known(4);
      const V of_fresh = slope * (1 - update) * (1 - fresh * fresh);
      const V of_reset = of_fresh * part * reset * (1 - reset), of_update = slope * (before - fresh) * update * (1 - update);
      gx[all.at(0, 3)] = gh[all.at(0, 3)] = write<M>(of_reset);
      gx[all.at(1, 3)] = gh[all.at(1, 3)] = write<M>(of_update);
      gx[all.at(2, 3)] = write<M>(of_fresh);
      gh[all.at(2, 3)] = write<M>(of_fresh * reset);
      gstate[i] = write<M>(slope * update);
    } else {
      const V y = read(kept[i]);
      gx[i] = write<M>(C == cell::RNN_TANH ? slope * (1 - y * y) : (y <= 0 ? (V)0 : slope));
    }
  }
}
