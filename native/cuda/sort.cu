/*
 * Sorting and what needs an order. Elements become keys, unsigned integers in the same order, with their positions; a record
 * of both is unlike every other of its line, so that any sort is stable. Blocks sort tiles in shared memory; then pairs of
 * sorted runs are merged, each record by its own thread, which finds its rank in the other run.
 */
#include "layout.cuh"

#include "keys.h"

constexpr int TILE = 512; /* records that a block sorts, two for each thread */

#define KEYED(M, BITS, FUNCTION)                                     \
  template <>                                                        \
  struct Keyed<M> {                                                  \
    typedef BITS Bits;                                               \
    static DEVICE Bits of(M m) {                                     \
      union {                                                        \
        M element;                                                   \
        Bits bits;                                                   \
      } pun = {m};                                                   \
      return FUNCTION(pun.bits);                                     \
    }                                                                \
  };
template <class M>
struct Keyed;
KEYED(Bool, uint8_t, key_bool)
KEYED(uint8_t, uint8_t, key_u8)
KEYED(int8_t, uint8_t, key_i8)
KEYED(short, uint16_t, key_i16)
KEYED(int, uint32_t, key_i32)
KEYED(long long, uint64_t, key_i64)
KEYED(Half, uint16_t, key_f16)
KEYED(BFloat16, uint16_t, key_bf16)
KEYED(float, uint32_t, key_f32)
KEYED(double, uint64_t, key_f64)

template <class M>
using Key = typename Keyed<M>::Bits;

/* The position breaks ties. Past the end of a line are records behind all others. */
template <class K>
struct Record {
  K key;
  long long at;

  DEVICE bool before(const Record &other) const { return key < other.key || (key == other.key && at < other.at); }
  static DEVICE Record last() { return {(K)~(K)0, 0x7fffffffffffffffLL}; }
};

/* Lines of x, numbered in row-major order of (outer, inner). */
struct Lines {
  long long count, n, inner, outer_stride, stride, inner_stride;

  DEVICE long long start(long long line) const { return line / inner * outer_stride + line % inner * inner_stride; }
};

/* Column x of the grid takes tile x of lines. */
template <class M>
__global__ void sort_tiles(Lines lines, int descending, const M *x, Record<Key<M>> *records) {
  typedef Record<Key<M>> R;
  SHARED(R, tile, TILE);
  const long long from = (long long)blockIdx.x * TILE;
  for (long long line = blockIdx.y; line < lines.count; line += gridDim.y) {
    for (int t = (int)threadIdx.x; t < TILE; t += (int)blockDim.x) {
      const long long i = from + t;
      R record = R::last();
      if (i < lines.n) {
        const Key<M> key = Keyed<M>::of(x[lines.start(line) + i * lines.stride]);
        record = {descending ? (Key<M>)~key : key, i};
      }
      tile[t] = record;
    }
    /* Batcher's bitonic sort (1968). */
    for (int run = 2; run <= TILE; run *= 2) {
      for (int apart = run / 2; apart > 0; apart /= 2) {
        __syncthreads();
        for (int t = (int)threadIdx.x; t < TILE / 2; t += (int)blockDim.x) {
          const int low = 2 * t - (t & (apart - 1)), high = low + apart;
          const R a = tile[low], b = tile[high];
          if (((low & run) == 0) == b.before(a)) {
            tile[low] = b;
            tile[high] = a;
          }
        }
      }
    }
    __syncthreads();
    for (int t = (int)threadIdx.x; t < TILE && from + t < lines.n; t += (int)blockDim.x) {
      records[line * lines.n + from + t] = tile[t];
    }
    __syncthreads();
  }
}

/* How many of n sorted items come before one: `before(i)` says whether item i does. */
template <class Before>
DEVICE long long rank_of(long long n, Before before) {
  long long low = 0;
  while (n > 0) {
    const long long half = n / 2;
    if (before(low + half)) {
      low += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return low;
}

/* The run of a line's sorted runs beside the one in which i is. */
struct Beside {
  long long start, own, length;

  DEVICE Beside(long long i, long long run, long long n) {
    const long long number = i / run;
    own = number * run;
    start = (number ^ 1) * run;
    length = start >= n ? 0 : (start + run < n ? run : n - start);
  }

  /* Where i goes, `rank` of the other run's being before it. */
  DEVICE long long merged(long long i, long long rank) const { return (own < start ? own : start) + (i - own) + rank; }
};

template <class K>
__global__ void merge_runs(long long count, long long n, long long run, const Record<K> *from, Record<K> *to) {
  EACH(long long, r, count * n) {
    const long long line = r / n, i = r % n;
    const Beside beside(i, run, n);
    const Record<K> *others = from + line * n + beside.start, own = from[r];
    const long long rank = rank_of(beside.length, [=](long long k) { return others[k].before(own); });
    to[line * n + beside.merged(i, rank)] = own;
  }
}

/* ---- results: contiguous, of `wanted` elements for each line ------------------------------------------------------------------- */

/* Puts the element at a position of line `line` of x to place k of the line's results. */
template <class M>
DEVICE void put(const Lines &lines, long long line, long long wanted, long long k, long long at, const M *x, M *values,
                long long *indices) {
  const long long to = line / lines.inner * lines.inner * wanted + k * lines.inner + line % lines.inner;
  values[to] = x[lines.start(line) + at * lines.stride];
  indices[to] = at;
}

/* The first `wanted` records of each line. */
template <class M>
__global__ void take_first(Lines lines, long long wanted, const Record<Key<M>> *records, const M *x, M *values,
                           long long *indices) {
  EACH(long long, r, lines.count * wanted) {
    const long long line = r / wanted, k = r % wanted;
    put(lines, line, wanted, k, records[line * lines.n + k].at, x, values, indices);
  }
}

/* Of ascending keys, how many are of numbers. */
template <class M>
DEVICE long long numbers(long long n, const Record<Key<M>> *records) {
  if (!FLOATING<Value<M>>) { return n; }
  return rank_of(n, [=](long long i) { return records[i].key != (Key<M>)~(Key<M>)0; });
}

enum Kind { NTH, MEDIAN, NANMEDIAN, MODE };

/* Of the most frequent elements, of several such the least, the last; no NaN equals another. */
template <class M>
DEVICE long long most_frequent(long long n, const Record<Key<M>> *records) {
  const long long known = numbers<M>(n, records);
  long long best = 0, most = 0, run = 0;
  for (long long i = 0; i < n; i++) {
    run = i > 0 && i < known && records[i].key == records[i - 1].key ? run + 1 : 1;
    if (run > most) {
      most = run;
      best = i;
    }
  }
  return best;
}

/* A thread for each line: the element of one rank. */
template <class M>
__global__ void take_ranked(Lines lines, int kind, long long k, const Record<Key<M>> *records, const M *x, M *values,
                            long long *indices) {
  EACH(long long, line, lines.count) {
    const Record<Key<M>> *sorted = records + line * lines.n;
    const long long n = lines.n, known = kind == NTH ? n : numbers<M>(n, sorted);
    long long rank = k;
    if (kind == MODE) {
      rank = most_frequent<M>(n, sorted);
    } else if (kind != NTH) {
      rank = known < n && (kind == MEDIAN || known == 0) ? known : (known - 1) / 2;
    }
    put(lines, line, 1, 0, sorted[rank].at, x, values, indices);
  }
}

/* ---- the order of rows ------------------------------------------------------------------------------------------------------------ */

__global__ void number_rows(long long rows, long long *order) {
  EACH(long long, i, rows) { order[i] = i; }
}

/* Whether row a of x comes before row b, by their first, second ... element; of equal rows, the one with the lesser number. */
template <class M>
DEVICE bool row_before(long long n, const M *x, long long a, long long b) {
  for (long long i = 0; i < n; i++) {
    const Key<M> k = Keyed<M>::of(x[a * n + i]), l = Keyed<M>::of(x[b * n + i]);
    if (k != l) { return k < l; }
  }
  return a < b;
}

template <class M>
__global__ void merge_rows(long long rows, long long n, long long run, const M *x, const long long *from, long long *to) {
  EACH(long long, i, rows) {
    const Beside beside(i, run, rows);
    const long long own = from[i], *others = from + beside.start;
    const long long rank = rank_of(beside.length, [=](long long k) { return row_before(n, x, others[k], own); });
    to[beside.merged(i, rank)] = own;
  }
}

/* ---- search ------------------------------------------------------------------------------------------------------------------------ */

/*
 * Where each of m elements of a row of x goes into a sorted row of n; `row_stride` is 0 for one row for all. `order` says
 * where the row's elements are in order, or is null. NaN goes behind all.
 */
template <class M>
__global__ void search(long long numel, long long m, long long n, long long row_stride, int right, const M *sorted,
                       const long long *order, const M *x, long long *y, Fault fault) {
  EACH(long long, i, numel) {
    const long long start = i / m * row_stride;
    const Value<M> wanted = read(x[i]);
    y[i] = rank_of(n, [=](long long k) {
      long long at = k;
      if (order) {
        at = order[start + k];
        if ((unsigned long long)at >= (unsigned long long)n) {
          fault.report(at);
          at = 0;
        }
      }
      const Value<M> found = read(sorted[start + at]);
      return right ? !(found > wanted) : !(found >= wanted);
    });
  }
}
