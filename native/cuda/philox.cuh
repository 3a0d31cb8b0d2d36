/* The stream of a generator: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011). */
#ifndef PHILOX_CUH
#define PHILOX_CUH

#include "base.cuh"

/* Where the stream is: here, or, in graphs, where the host writes it before each run. */
struct Philox {
  unsigned long long seed, offset;
  const unsigned long long *elsewhere;
};

struct Words {
  uint32_t at[4];
};

/* The words of one subsequence, block after block. */
struct Stream {
  uint32_t key[2], counter[4];

  DEVICE Stream(Philox state, unsigned long long subsequence) {
    const unsigned long long seed = state.elsewhere ? state.elsewhere[0] : state.seed;
    const unsigned long long block = (state.elsewhere ? state.elsewhere[1] : state.offset) / 4;
    key[0] = (uint32_t)seed;
    key[1] = (uint32_t)(seed >> 32);
    counter[0] = (uint32_t)block;
    counter[1] = (uint32_t)(block >> 32);
    counter[2] = (uint32_t)subsequence;
    counter[3] = (uint32_t)(subsequence >> 32);
  }

  DEVICE Words next() {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
      const unsigned long long p = 0xD2511F53ull * c0, q = 0xCD9E8D57ull * c2;
      const uint32_t n0 = (uint32_t)(q >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
      c1 = (uint32_t)q;
      c3 = (uint32_t)p;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < 4 && ++counter[i] == 0; i++) {}
    return {c0, c1, c2, c3};
  }
};

/* In (0, 1], from the middle of each interval. */
DEVICE float uniform_of(uint32_t word) { return mad((float)word, 0x1p-32f, 0x1p-33f); }

#endif
