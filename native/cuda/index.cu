/*
 * Reading and writing at positions that are data. An index that is out of range is reported, and its element left out. Where
 * several elements are written to one place, threads take turns in no certain order: sums of floats may differ in their last
 * digits from run to run, and which element replaces the others is not determined.
 */
#include "layout.cuh"

/* ---- what a write makes of the element that is there, a, and the one that comes, b ------------------------------------------ */

struct REPLACE {};
struct ADD {
  template <class V>
  static DEVICE V of(V a, V b) {
    return (V)(a + b);
  }
};
struct MULTIPLY {
  template <class V>
  static DEVICE V of(V a, V b) {
    return (V)(a * b);
  }
};
/* A NaN wins. */
struct MAX {
  template <class V>
  static DEVICE V of(V a, V b) {
    return a > b || a != a ? a : b;
  }
};
struct MIN {
  template <class V>
  static DEVICE V of(V a, V b) {
    return a < b || a != a ? a : b;
  }
};

template <class To, class From>
DEVICE To bits_as(From from) {
  union {
    From from;
    To to;
  } pun = {from};
  return pun.to;
}

/* Changes a word of an unsigned type that CUDA compares and exchanges; `change` makes the new word of the old one. */
template <class Word, class Change>
DEVICE void exchange(Word *address, Change change) {
  /* As other threads change the word meanwhile, it is read from memory. */
  Word seen = __ldcv(address), old;
  do {
    old = seen;
    seen = atomicCAS(address, old, change(old));
  } while (seen != old);
}

/* *y = Store::of(*y, x), whoever else does so. */
template <class Store, class M>
DEVICE void write_at(M *y, M x) {
  if constexpr (SAME<Store, REPLACE>) {
    *y = x;
  } else if constexpr (SAME<Store, ADD> && FLOATING<M>) {
    atomicAdd(y, x);
  } else if constexpr (SAME<Store, ADD> && sizeof(M) >= 4) {
    typedef IF<sizeof(M) == 4, unsigned, unsigned long long> Word;
    atomicAdd(reinterpret_cast<Word *>(y), (Word)x);
  } else if constexpr (sizeof(M) >= 4) {
    typedef IF<sizeof(M) == 4, unsigned, unsigned long long> Word;
    exchange(reinterpret_cast<Word *>(y),
             [x](Word old) { return bits_as<Word>(write<M>(Store::of(read(bits_as<M>(old)), read(x)))); });
  } else {
    /* The element is a part of an aligned word. */
    typedef IF<sizeof(M) == 1, uint8_t, uint16_t> Part;
    const uint64_t address = reinterpret_cast<uint64_t>(y);
    const int shift = 8 * (int)(address % 4);
    exchange(reinterpret_cast<unsigned *>(address - address % 4), [x, shift](unsigned old) {
      const Part made = bits_as<Part>(write<M>(Store::of(read(bits_as<M>((Part)(old >> shift))), read(x))));
      return (old & ~((unsigned)(Part)~(Part)0 << shift)) | (unsigned)made << shift;
    });
  }
}

/* ---- whole slices: y (outer, count, inner) and x (outer, n, inner) are contiguous ---------------------------------------------- */

/* What is only moved comes as elements M that are as wide as slices and addresses permit. */

template <class M, class Index>
__global__ void index_select(long long numel, long long n, long long low, long long inner, long long count, const M *x,
                             const long long *index, M *y, Fault fault) {
  CHECK_ALIGNED(x, sizeof(M));
  CHECK_ALIGNED(y, sizeof(M));
  EACH(Index, i, numel) {
    const Index line = i / (Index)inner, outer = line / (Index)count;
    const long long at = place(index[line - outer * (Index)count], n, low, fault);
    if (at >= 0) { y[i] = x[(outer * n + at) * inner + (i - line * (Index)inner)]; }
  }
}

/* Elements of x (outer, count, inner) go into y (outer, n, inner). */
template <class Store, class M, class Index>
__global__ void index_put(long long numel, long long n, long long low, long long inner, long long count, const M *x,
                          const long long *index, M *y, Fault fault) {
  CHECK_ALIGNED(x, sizeof(M));
  CHECK_ALIGNED(y, sizeof(M));
  EACH(Index, i, numel) {
    const Index line = i / (Index)inner, outer = line / (Index)count;
    const long long at = place(index[line - outer * (Index)count], n, low, fault);
    if (at >= 0) { write_at<Store>(y + (outer * n + at) * inner + (i - line * (Index)inner), x[i]); }
  }
}

/* ---- one index per element: the layout is that of x, index and y, with a stride of 0 for the axis that is indexed ---------------- */

template <class M, class Index>
__global__ void gather(Layout layout, long long n, long long low, long long stride, const M *x, const long long *index, M *y,
                       Fault fault) {
  EACH(Index, i, layout.numel) {
    const auto p = positions<3, Index>(layout, i);
    const long long at = place(index[p.of[1]], n, low, fault);
    if (at >= 0) { y[p.of[2]] = x[p.of[0] + at * stride]; }
  }
}

template <class Store, class M, class Index>
__global__ void scatter(Layout layout, long long n, long long low, long long stride, const M *x, const long long *index, M *y,
                        Fault fault) {
  EACH(Index, i, layout.numel) {
    const auto p = positions<3, Index>(layout, i);
    const long long at = place(index[p.of[1]], n, low, fault);
    if (at >= 0) { write_at<Store>(y + p.of[2] + at * stride, x[p.of[0]]); }
  }
}

/* positions = positions * n + index: what several indices name together. The layout is that of index and positions. */
__global__ void join_index(Layout layout, long long n, const long long *index, long long *joined, Fault fault) {
  EACH(long long, i, layout.numel) {
    const auto p = positions<2, long long>(layout, i);
    const long long at = place(index[p.of[0]], n, -n, fault);
    joined[p.of[1]] = joined[p.of[1]] * n + (at < 0 ? 0 : at);
  }
}

/* Reports the indices that are out of range, where nothing is moved. */
__global__ void check_index(long long count, long long n, long long low, const long long *index, Fault fault) {
  EACH(long long, i, count) { place(index[i], n, low, fault); }
}

/* ---- counts -------------------------------------------------------------------------------------------------------------------- */

constexpr int FEW_BINS = 2048;

/* Counts, which a block makes in memory of its own while there are few: many threads would wait for the same ones. */
struct Bins {
  long long n;
  long long *counts;
  unsigned *own;

  DEVICE Bins(long long n, long long *counts, unsigned *own) : n(n), counts(counts), own(own) {
    for (int i = (int)threadIdx.x; n <= FEW_BINS && i < n; i += (int)blockDim.x) { own[i] = 0; }
    __syncthreads();
  }

  DEVICE void add(long long at) const {
    if (n <= FEW_BINS) {
      atomicAdd(own + at, 1u);
    } else {
      write_at<ADD>(counts + at, 1LL);
    }
  }

  DEVICE void finish() const {
    __syncthreads();
    for (int i = (int)threadIdx.x; n <= FEW_BINS && i < n; i += (int)blockDim.x) {
      if (own[i]) { write_at<ADD>(counts + i, (long long)own[i]); }
    }
  }
};

/* Positions count from the start. */
__global__ void count(long long n, const long long *positions, long long bins, long long *counts, Fault fault) {
  SHARED(unsigned, own, FEW_BINS);
  const Bins found(bins, counts, own);
  EACH(long long, i, n) {
    const long long at = positions[i];
    if ((unsigned long long)at < (unsigned long long)bins) {
      found.add(at);
    } else {
      fault.report(at);
    }
  }
  found.finish();
}

/* Elements in bins of equal width from low to high; high is in the last. */
template <class M>
__global__ void histogram(long long n, const M *x, double low_end, double high_end, double width, long long bins,
                          long long *counts) {
  typedef Value<M> V;
  const V low = (V)low_end, high = (V)high_end, all = (V)bins;
  SHARED(unsigned, own, FEW_BINS);
  const Bins found(bins, counts, own);
  EACH(long long, i, n) {
    const V v = read(x[i]);
    if (v >= low && v <= high) {
      const V at = (v - low) * all / (V)width;
      found.add(at < all ? (long long)at : bins - 1);
    }
  }
  found.finish();
}

/* ---- positions of true elements, and repeats: from running sums that scan.cu has made ------------------------------------------- */

/* until[i]: how many of the elements up to i are true. `room` of them have a place. */
__global__ void true_positions(long long n, const Bool *mask, const long long *until, long long room,
                               long long *positions) {
  EACH(long long, i, n) {
    if (read(mask[i]) && until[i] <= room) { positions[until[i] - 1] = i; }
  }
}

/* y[i]: the first j with until[j] > i, at most n - 1. */
__global__ void repeats(long long n, const long long *until, long long room, long long *y) {
  EACH(long long, i, room) {
    long long low = 0, high = n - 1;
    while (low < high) {
      const long long middle = low + (high - low) / 2;
      if (until[middle] > i) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    y[i] = low;
  }
}
