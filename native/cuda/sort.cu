/*
 * Sorting and what needs an order. Elements become keys, unsigned integers in the same order, which are sorted together with
 * their positions by digits of 8 bits, the least first, each time stably: few elements by counting, up to a tile by a block in
 * shared memory, more by passes over all. What is chosen of many is found by their digits too, the greatest first.
 */
#include "lines.cuh"

#include "keys.h"

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

constexpr int DIGIT = 8, DIGITS = 1 << DIGIT, WARPS = MOST_THREADS / LANES;
constexpr unsigned ALL = 0xffffffffu;

template <class K>
DEVICE int digit(K key, int shift) {
  return (int)(key >> shift) & (DIGITS - 1);
}

/* Lines of x, numbered in row-major order of (outer, inner). */
struct Lines {
  long long count, n;
  Divisor inner;
  long long outer_stride, stride, inner_stride;

  DEVICE long long start(long long line) const {
    const long long outer = inner.over(line);
    return outer * outer_stride + (line - outer * inner.size) * inner_stride;
  }
};

#define EACH_LINE(line, count) for (long long line = blockIdx.y; line < (count); line += gridDim.y)

/* The keys of each line, side by side: all that follows is in memory that nobody else writes to. */
template <class M>
__global__ void make_keys(Lines lines, int descending, const M *x, Key<M> *keys) {
  EACH_LINE(line, lines.count) {
    const long long start = lines.start(line);
    EACH(long long, i, lines.n) {
      const Key<M> key = Keyed<M>::of(x[start + i * lines.stride]);
      keys[line * lines.n + i] = descending ? (Key<M>)~key : key;
    }
  }
}

/* What the threads of a block before this one have, added up, and with `all` what all have. */
template <class T>
DEVICE T before_in_block(T own, T *all) {
  SHARED(T, sums, WARPS);
  const int lane = (int)threadIdx.x % LANES, warp = (int)threadIdx.x / LANES;
  T sum = own;
  for (int reach = 1; reach < LANES; reach *= 2) {
    const T other = __shfl_up_sync(ALL, sum, reach);
    sum += lane >= reach ? other : 0;
  }
  if (lane == LANES - 1) { sums[warp] = sum; }
  __syncthreads();
  T before = 0, total = 0;
  for (int w = 0; w < WARPS; w++) {
    before += w < warp ? sums[w] : 0;
    total += sums[w];
  }
  __syncthreads();
  *all = total;
  return before + sum - own;
}

/* ---- by digits ---------------------------------------------------------------------------------------------------------------- */

/* Records that a thread of a whole tile has. */
template <class K>
constexpr int MOST_EACH = sizeof(K) == 8 ? 8 : 16;

/* The place in its tile of record r of this thread: a warp has neighbours. */
template <int EACH>
DEVICE int place_of(int r) {
  return (int)threadIdx.x / LANES * LANES * EACH + r * LANES + (int)threadIdx.x % LANES;
}

/*
 * The ranks of the first `count` records of a tile in the stable order of one digit, and where in it each digit starts. `counts`
 * has a number for each digit of each warp.
 */
template <int EACH, class K>
DEVICE void rank_digits(const K (&keys)[EACH], int shift, int count, unsigned (&ranks)[EACH], unsigned *counts,
                        unsigned *starts) {
  const int lane = (int)threadIdx.x % LANES, warp = (int)threadIdx.x / LANES;
  unsigned *own = counts + warp * DIGITS;
  for (int d = lane; d < DIGITS; d += LANES) { own[d] = 0; }
  __syncwarp();
  for (int r = 0; r < EACH; r++) {
    const bool there = place_of<EACH>(r) < count;
    const int d = digit(keys[r], shift);
    unsigned same = __ballot_sync(ALL, there);
    for (int bit = 0; bit < DIGIT; bit++) {
      const bool set = d >> bit & 1;
      const unsigned others = __ballot_sync(ALL, set);
      same &= set ? others : ~others;
    }
    const unsigned below = same & ((1u << lane) - 1);
    ranks[r] = own[d] + (unsigned)__popc(below);
    __syncwarp();
    if (there && below == 0) { own[d] += (unsigned)__popc(same); }
    __syncwarp();
  }
  __syncthreads();
  unsigned total = 0, all;
  for (int w = 0; w < WARPS; w++) {
    const unsigned of_warp = counts[w * DIGITS + threadIdx.x];
    counts[w * DIGITS + threadIdx.x] = total;
    total += of_warp;
  }
  starts[threadIdx.x] = before_in_block(total, &all);
  __syncthreads();
  for (int r = 0; r < EACH; r++) {
    const int d = digit(keys[r], shift);
    ranks[r] += own[d] + starts[d];
  }
}

/* A thread for each record of a line of few: its rank is counted. */
template <class K, class I>
__global__ void sort_few(long long count, Divisor each, const K *keys, K *to_keys, I *order) {
  const int n = (int)each.size;
  EACH(long long, at, count * n) {
    const long long start = each.over(at) * n;
    const int i = (int)(at - start);
    const K own = keys[at];
    int rank = 0;
    for (int k = 0; k < n; k++) {
      const K other = keys[start + k];
      rank += other < own || (other == own && k < i);
    }
    to_keys[start + rank] = own;
    order[start + rank] = (I)i;
  }
}

/* A block for each line, of a tile at most. */
template <class K, class I, int EACH>
__global__ void sort_tile(long long count, int n, const K *keys, K *to_keys, I *order) {
  SHARED(K, tile, MOST_THREADS * EACH);
  SHARED(unsigned short, positions, MOST_THREADS * EACH);
  SHARED(unsigned, counts, WARPS * DIGITS);
  SHARED(unsigned, starts, DIGITS);
  for (long long line = blockIdx.x; line < count; line += gridDim.x) {
    const long long start = line * n;
    K own[EACH];
    unsigned short at[EACH];
    unsigned ranks[EACH];
    for (int r = 0; r < EACH; r++) {
      const int i = place_of<EACH>(r);
      own[r] = i < n ? keys[start + i] : (K)0;
      at[r] = (unsigned short)i;
    }
    for (int shift = 0; shift < 8 * (int)sizeof(K); shift += DIGIT) {
      rank_digits<EACH>(own, shift, n, ranks, counts, starts);
      for (int r = 0; r < EACH; r++) {
        if (place_of<EACH>(r) < n) {
          tile[ranks[r]] = own[r];
          positions[ranks[r]] = at[r];
        }
      }
      __syncthreads();
      for (int r = 0; r < EACH; r++) {
        const int i = place_of<EACH>(r);
        if (i < n) {
          own[r] = tile[i];
          at[r] = positions[i];
        }
      }
      __syncthreads();
    }
    for (int r = 0; r < EACH; r++) {
      const int i = place_of<EACH>(r);
      if (i < n) {
        to_keys[start + i] = own[r];
        order[start + i] = at[r];
      }
    }
  }
}

/* How often each digit is in each tile; column x of the grid takes tile x of lines. */
template <class K, class I>
__global__ void radix_count(long long count, long long n, int shift, const K *keys, I *counts) {
  constexpr int TILE = MOST_THREADS * MOST_EACH<K>;
  SHARED(unsigned, found, DIGITS);
  EACH_LINE(line, count) {
    found[threadIdx.x] = 0;
    __syncthreads();
    const long long from = (long long)blockIdx.x * TILE, to = from + TILE < n ? from + TILE : n;
    for (long long i = from + threadIdx.x; i < to; i += MOST_THREADS) {
      atomicAdd(&found[digit(keys[line * n + i], shift)], 1u);
    }
    __syncthreads();
    counts[(line * DIGITS + threadIdx.x) * gridDim.x + blockIdx.x] = found[threadIdx.x];
    __syncthreads();
  }
}

/* A block for each digit of a line: how often it is in the tiles before each, and in all. */
template <class I>
__global__ void radix_before(long long count, long long tiles, I *counts, I *totals) {
  EACH_LINE(line, count) {
    I *own = counts + (line * DIGITS + blockIdx.x) * tiles, before = 0;
    for (long long from = 0; from < tiles; from += MOST_THREADS) {
      const long long t = from + threadIdx.x;
      I all;
      const I in_block = before_in_block(t < tiles ? own[t] : (I)0, &all);
      if (t < tiles) { own[t] = before + in_block; }
      before += all;
    }
    if (threadIdx.x == 0) { totals[line * DIGITS + blockIdx.x] = before; }
  }
}

/* Moves the records to their places by one digit. Before the first pass, when `order` is null, they are in their own order. */
template <class K, class I>
__global__ void radix_move(long long count, long long n, int shift, const I *before, const I *totals, const K *keys,
                           const I *order, K *to_keys, I *to_order) {
  constexpr int EACH = MOST_EACH<K>, TILE = MOST_THREADS * EACH;
  SHARED(K, tile, TILE);
  SHARED(unsigned short, sources, TILE);
  SHARED(unsigned, counts, WARPS * DIGITS);
  SHARED(unsigned, starts, DIGITS);
  SHARED(I, places, DIGITS);
  const long long from = (long long)blockIdx.x * TILE;
  const int here = (int)(n - from < TILE ? n - from : TILE);
  EACH_LINE(line, count) {
    const long long base = line * n;
    K own[EACH];
    unsigned ranks[EACH];
    for (int r = 0; r < EACH; r++) {
      const int i = place_of<EACH>(r);
      own[r] = i < here ? keys[base + from + i] : (K)0;
    }
    rank_digits<EACH>(own, shift, here, ranks, counts, starts);
    for (int r = 0; r < EACH; r++) {
      const int i = place_of<EACH>(r);
      if (i < here) {
        tile[ranks[r]] = own[r];
        sources[ranks[r]] = (unsigned short)i;
      }
    }
    I all;
    const I less = before_in_block(totals[line * DIGITS + threadIdx.x], &all);
    places[threadIdx.x] = less + before[(line * DIGITS + threadIdx.x) * gridDim.x + blockIdx.x] - (I)starts[threadIdx.x];
    __syncthreads();
    for (int i = (int)threadIdx.x; i < here; i += MOST_THREADS) { /* Neighbours go to neighbours. */
      const K key = tile[i];
      const I to = places[digit(key, shift)] + (I)i, source = (I)from + sources[i];
      to_keys[base + (long long)to] = key;
      to_order[base + (long long)to] = order ? order[base + (long long)source] : source;
    }
    __syncthreads();
  }
}

/* ---- results: contiguous, of `wanted` elements for each line, by the size of elements ---------------------------------------- */

/* Puts the element at a position of line `line` of x to place k of the line's results. */
template <class M>
DEVICE void put(const Lines &lines, long long line, long long wanted, long long k, long long at, const M *x, M *values,
                long long *indices) {
  const long long outer = lines.inner.over(line), place = line - outer * lines.inner.size;
  const long long to = (outer * wanted + k) * lines.inner.size + place;
  values[to] = x[outer * lines.outer_stride + place * lines.inner_stride + at * lines.stride];
  indices[to] = at;
}

/* The first `wanted` of each line's `sorted` elements; with `sources` these are the line's elements there. */
template <class M, class I>
__global__ void take_first(Lines lines, Divisor wanted, long long sorted, const I *order, const I *sources, const M *x,
                           M *values, long long *indices) {
  EACH(long long, r, lines.count * wanted.size) {
    const long long line = wanted.over(r), k = r - line * wanted.size;
    const I at = order[line * sorted + k];
    put(lines, line, wanted.size, k, (long long)(sources ? sources[line * sorted + (long long)at] : at), x, values, indices);
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

enum Kind { NTH, MEDIAN, NANMEDIAN };

/* The rank that is wanted of n elements, of which so many are numbers. */
DEVICE long long wanted_rank(int kind, long long k, long long n, long long known) {
  if (kind == NTH) { return k; }
  return known < n && (kind == MEDIAN || known == 0) ? known : (known - 1) / 2;
}

/* A thread for each sorted line: the element of one rank. The greatest key is that of NaN, if the line may have some. */
template <class M, class K, class I>
__global__ void take_ranked(Lines lines, int kind, long long k, int nans, const K *keys, const I *order, const M *x,
                            M *values, long long *indices) {
  EACH(long long, line, lines.count) {
    const K *sorted = keys + line * lines.n;
    const long long known = nans ? rank_of(lines.n, [=](long long i) { return sorted[i] != (K)~(K)0; }) : lines.n;
    const long long rank = wanted_rank(kind, k, lines.n, known);
    put(lines, line, 1, 0, (long long)order[line * lines.n + rank], x, values, indices);
  }
}

struct Run {
  long long length, start;
};
struct Longest {
  static DEVICE Run join(Run a, Run b) {
    return b.length > a.length || (b.length == a.length && b.start < a.start) ? b : a;
  }
};

/* A block for each sorted line: the last of the most frequent elements, of several such the least; no NaN equals another. */
template <class M, class K, class I>
__global__ void take_mode(Lines lines, int nans, const K *keys, const I *order, const M *x, M *values, long long *indices) {
  const Team team((int)blockDim.x, false);
  for (long long line = blockIdx.x; line < lines.count; line += gridDim.x) {
    const K *sorted = keys + line * lines.n;
    Run best = {0, 0};
    for (long long i = threadIdx.x; i < lines.n; i += blockDim.x) {
      const K own = sorted[i];
      const bool alone = nans && own == (K)~(K)0;
      if (i == 0 || alone || sorted[i - 1] != own) {
        const long long length = alone ? 1 : rank_of(lines.n - i, [=](long long k) { return sorted[i + k] == own; });
        best = Longest::join(best, Run{length, i});
      }
    }
    best = team.joined<Longest>(best);
    if (threadIdx.x == 0) {
      put(lines, line, 1, 0, (long long)order[line * lines.n + best.start + best.length - 1], x, values, indices);
    }
  }
}

/* ---- the element of one rank, of many ------------------------------------------------------------------------------------------ */

/* What is known of a line's wanted key: its greatest digits, and its rank among the keys that have them. */
struct Wanted {
  unsigned long long key;
  long long rank;
};

template <class K>
__global__ void count_numbers(long long count, long long n, const K *keys, unsigned long long *known) {
  EACH_LINE(line, count) {
    unsigned long long found = 0;
    EACH(long long, i, n) { found += keys[line * n + i] != (K)~(K)0; }
    found = Team((int)blockDim.x, false).joined<Sum>(found);
    if (threadIdx.x == 0) { atomicAdd(known + line, found); }
  }
}

/* `known` is null where every element counts. */
__global__ void select_begin(long long count, long long n, int kind, long long k, const unsigned long long *known,
                             Wanted *wanted) {
  EACH(long long, line, count) { wanted[line] = {0, wanted_rank(kind, k, n, known ? (long long)known[line] : n)}; }
}

/* How often each digit is in the keys that have the wanted greater digits. */
template <class K>
__global__ void select_count(long long count, long long n, int shift, const K *keys, const Wanted *wanted,
                             unsigned long long *counts) {
  SHARED(unsigned, found, DIGITS);
  EACH_LINE(line, count) {
    const unsigned long long above = wanted[line].key >> shift >> DIGIT;
    found[threadIdx.x] = 0;
    __syncthreads();
#pragma unroll 4
    EACH(long long, i, n) {
      const unsigned long long key = keys[line * n + i];
      if (key >> shift >> DIGIT == above) { atomicAdd(&found[digit(key, shift)], 1u); }
    }
    __syncthreads();
    if (found[threadIdx.x] > 0) { atomicAdd(counts + line * DIGITS + threadIdx.x, (unsigned long long)found[threadIdx.x]); }
    __syncthreads();
  }
}

/* A block for each line: the wanted key's next digit. The counts become 0. */
__global__ void select_digit(long long count, int shift, unsigned long long *counts, Wanted *wanted) {
  for (long long line = blockIdx.x; line < count; line += gridDim.x) {
    const long long rank = wanted[line].rank;
    const unsigned long long own = counts[line * DIGITS + threadIdx.x];
    unsigned long long all;
    const long long before = (long long)before_in_block(own, &all);
    counts[line * DIGITS + threadIdx.x] = 0;
    if (before <= rank && rank < before + (long long)own) {
      wanted[line].key |= (unsigned long long)threadIdx.x << shift;
      wanted[line].rank = rank - before;
    }
    __syncthreads();
  }
}

/* Elements less than the wanted one, and equal to it. */
struct Sides {
  long long less, equal;
};

constexpr int PART = 4096;

/* Both in one word: there are no more than PART. */
template <class K>
DEVICE unsigned side(K key, unsigned long long wanted) {
  return (key < wanted) | (unsigned)(key == wanted) << 16;
}

/* Column x of the grid takes part x of lines. */
template <class K>
__global__ void select_sides(long long count, long long n, const K *keys, const Wanted *wanted, Sides *sides) {
  const Team team((int)blockDim.x, false);
  EACH_LINE(line, count) {
    const long long from = (long long)blockIdx.x * PART, to = from + PART < n ? from + PART : n;
    const unsigned long long key = wanted[line].key;
    unsigned found = 0;
    for (long long i = from + threadIdx.x; i < to; i += blockDim.x) { found += side(keys[line * n + i], key); }
    found = team.joined<Sum>(found);
    if (threadIdx.x == 0) { sides[line * gridDim.x + blockIdx.x] = {found & 0xffff, found >> 16}; }
  }
}

/* A block for each line: what the parts before each have. */
__global__ void select_before(long long count, long long parts, Sides *sides) {
  for (long long line = blockIdx.x; line < count; line += gridDim.x) {
    Sides *own = sides + line * parts, before = {0, 0};
    for (long long from = 0; from < parts; from += MOST_THREADS) {
      const long long p = from + threadIdx.x;
      const Sides here = p < parts ? own[p] : Sides{0, 0};
      long long less, equal;
      const long long l = before_in_block(here.less, &less), e = before_in_block(here.equal, &equal);
      if (p < parts) { own[p] = {before.less + l, before.equal + e}; }
      before = {before.less + less, before.equal + equal};
    }
  }
}

/* Where the keys up to the wanted one are, `first` of each line, in the line's order but for the equal ones, which are last. */
template <class K, class I>
__global__ void select_found(long long count, long long n, long long first, const K *keys, const Wanted *wanted,
                             const Sides *sides, K *found, I *sources) {
  EACH_LINE(line, count) {
    const long long from = (long long)blockIdx.x * PART;
    const Wanted own = wanted[line];
    Sides before = sides[line * gridDim.x + blockIdx.x];
    for (long long tile = from; tile < from + PART && tile < n; tile += MOST_THREADS) {
      const long long i = tile + threadIdx.x;
      const K key = i < n ? keys[line * n + i] : (K)0;
      const unsigned which = i < n ? side(key, own.key) : 0;
      unsigned all;
      const unsigned in_block = before_in_block(which, &all);
      const long long less = before.less + (in_block & 0xffff), equal = before.equal + (in_block >> 16);
      const long long place = which >> 16 ? first - 1 - own.rank + equal : less;
      if (which && (!(which >> 16) || equal <= own.rank)) {
        found[line * first + place] = key;
        sources[line * first + place] = (I)i;
      }
      before = {before.less + (all & 0xffff), before.equal + (all >> 16)};
    }
  }
}

/* The wanted element alone: of its equals the one of its rank. */
template <class M, class K>
__global__ void select_one(Lines lines, const K *keys, const Wanted *wanted, const Sides *sides, const M *x, M *values,
                           long long *indices) {
  EACH_LINE(line, lines.count) {
    const long long from = (long long)blockIdx.x * PART;
    const Wanted own = wanted[line];
    long long before = sides[line * gridDim.x + blockIdx.x].equal;
    for (long long tile = from; tile < from + PART && tile < lines.n; tile += MOST_THREADS) {
      const long long i = tile + threadIdx.x;
      const unsigned equal = i < lines.n && keys[line * lines.n + i] == own.key;
      unsigned all;
      const unsigned in_block = before_in_block(equal, &all);
      if (equal && before + in_block == own.rank) { put(lines, line, 1, 0, i, x, values, indices); }
      before += all;
    }
  }
}

/* The run of a line's sorted runs, whose length is a power of 2, beside the one in which i is. */
struct Beside {
  long long start, own, length;

  DEVICE Beside(long long i, long long run, long long n) {
    own = i & ~(run - 1);
    start = own ^ run;
    length = start >= n ? 0 : (start + run < n ? run : n - start);
  }

  /* Where i goes, `rank` of the other run's being before it. */
  DEVICE long long merged(long long i, long long rank) const { return (own < start ? own : start) + (i - own) + rank; }
};

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
__global__ void search(long long numel, Divisor m, long long n, long long row_stride, int right, const M *sorted,
                       const long long *order, const M *x, long long *y, Fault fault) {
  EACH(long long, i, numel) {
    const long long start = row_stride == 0 ? 0 : m.over(i) * row_stride;
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
