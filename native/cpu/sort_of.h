/*
 * Stable sorts of records by their keys, and the elements of one rank. The file that includes this defines
 *   FN(name)       the names' suffix
 *   RECORD         a key and the position that it is from
 *   MAKE(key, i)   such a record
 *   BEFORE(a, b)   whether record a must come before b; false for equal keys if the positions are not compared
 *   POSITION(r)    the position
 *   KEY(r)         the key
 *   WORD           an unsigned integer that holds the key
 */

/* Short runs: each record moves down to its place. */
static void FN(insert)(ch_long n, RECORD *a) {
  for (ch_long i = 1; i < n; i++) {
    RECORD r = a[i];
    ch_long j = i;
    for (; j > 0 && BEFORE(r, a[j - 1]); j--) {
      a[j] = a[j - 1];
    }
    a[j] = r;
  }
}

/* Sorts runs of RUN records, and merges pairs of them until there is one; returns which of the two arrays holds it. */
static RECORD *FN(merge)(ch_long n, RECORD *a, RECORD *b) {
  for (ch_long i = 0; i < n; i += RUN) {
    FN(insert)(n - i < RUN ? n - i : RUN, a + i);
  }
  for (ch_long run = RUN; run < n; run *= 2) {
    for (ch_long i = 0; i < n; i += 2 * run) {
      const ch_long middle = i + run < n ? i + run : n, end = i + 2 * run < n ? i + 2 * run : n;
      ch_long l = i, r = middle, to = i;
      while (l < middle && r < end) {
        const int right = BEFORE(a[r], a[l]);
        b[to++] = right ? a[r] : a[l];
        r += right;
        l += !right;
      }
      memcpy(b + to, a + l, (size_t)(middle - l) * sizeof(RECORD));
      to += middle - l;
      memcpy(b + to, a + r, (size_t)(end - r) * sizeof(RECORD));
    }
    RECORD *swap = a;
    a = b;
    b = swap;
  }
  return a;
}

/*
 * Counts the records by each byte of their keys, and moves them byte by byte, the least first, to where their counts put
 * them; a byte that all have in common costs nothing. Returns which of the two arrays holds the result.
 */
static RECORD *FN(radix)(ch_long n, int bytes, RECORD *a, RECORD *b) {
  ch_long count[8][256];
  memset(count, 0, (size_t)bytes * sizeof count[0]);
  for (ch_long i = 0; i < n; i++) {
    WORD key = KEY(a[i]);
    for (int byte = 0; byte < bytes; byte++) {
      count[byte][key >> (8 * byte) & 255]++;
    }
  }
  for (int byte = 0; byte < bytes; byte++) {
    ch_long *place = count[byte];
    if (place[KEY(a[0]) >> (8 * byte) & 255] == n) {
      continue;
    }
    for (ch_long digit = 0, sum = 0; digit < 256; digit++) {
      ch_long those = place[digit];
      place[digit] = sum;
      sum += those;
    }
    for (ch_long i = 0; i < n; i++) {
      b[place[KEY(a[i]) >> (8 * byte) & 255]++] = a[i];
    }
    RECORD *swap = a;
    a = b;
    b = swap;
  }
  return a;
}

/* Sorts n records of a, with room for as many in b; returns which of them holds the result. */
static RECORD *FN(sort)(ch_long n, int bytes, RECORD *a, RECORD *b) {
  if (n <= RUN) {
    FN(insert)(n, a);
    return a;
  }
  return n < RADIX * bytes ? FN(merge)(n, a, b) : FN(radix)(n, bytes, a, b);
}

static RECORD *FN(sort_keys)(ch_long n, int bytes, const WORD *keys, RECORD *records) {
  for (ch_long i = 0; i < n; i++) {
    records[i] = MAKE(keys[i], i);
  }
  return FN(sort)(n, bytes, records, records + n);
}

/*
 * Finds the key at a position of the sorted keys, and how many keys are less. Byte by byte, the greatest first, the keys
 * are counted, and those that have the byte of the wanted one are kept: each is looked at once for each byte at most.
 */
static WORD FN(key_at)(ch_long n, int bytes, ch_long position, const WORD *keys, WORD *some, ch_long *less) {
  *less = 0;
  const WORD *from = keys;
  for (int byte = bytes - 1; byte >= 0 && n > 1; byte--) {
    ch_long count[256] = {0};
    for (ch_long i = 0; i < n; i++) {
      count[from[i] >> (8 * byte) & 255]++;
    }
    unsigned digit = 0;
    while (count[digit] <= position) {
      position -= count[digit];
      *less += count[digit];
      digit++;
    }
    if (count[digit] == n) {
      continue;
    }
    ch_long kept = 0;
    for (ch_long i = 0; i < n; i++) {
      WORD key = from[i];
      some[kept] = key;
      kept += (key >> (8 * byte) & 255) == digit;
    }
    n = kept;
    from = some;
  }
  return from[0];
}

/* The first k of the records in order, as sort() returns them; `keys` has room for n more keys behind it. */
static RECORD *FN(first)(ch_long n, int bytes, ch_long k, WORD *keys, RECORD *records) {
  ch_long less;
  const WORD last = FN(key_at)(n, bytes, k - 1, keys, keys + n, &less);
  ch_long count = 0, equal = k - less;
  for (ch_long i = 0; i < n && count < k; i++) {
    if (keys[i] < last || (keys[i] == last && equal-- > 0)) {
      records[count++] = MAKE(keys[i], i);
    }
  }
  return FN(sort)(k, bytes, records, records + k);
}

/*
 * Keeps the first k of the elements so far in order, as sort() returns them, while all pass: after a while nearly none
 * comes before the last of these. Gives up, and returns 0, where too many do.
 */
static int FN(few)(ch_long n, ch_long k, loader load, const void *x, ch_long sx, size_t size, int complement,
                   RECORD *records) {
  WORD keys[CHUNK];
  ch_long kept = 0, moves = 0;
  for (ch_long from = 0; from < n; from += CHUNK) {
    const ch_long count = n - from < CHUNK ? n - from : CHUNK;
    load(count, (const char *)x + from * sx * (ch_long)size, sx, complement, keys);
    for (ch_long i = 0; i < count;) {
      const ch_long end = i + BLOCK < count ? i + BLOCK : count;
      if (kept == k && end == i + BLOCK) {
        const WORD last = KEY(records[k - 1]);
        int any = 0;
        for (ch_long j = 0; j < BLOCK; j++) {
          any |= keys[i + j] < last;
        }
        if (!any) {
          i = end;
          continue;
        }
      }
      for (; i < end; i++) {
        if (kept == k && keys[i] >= KEY(records[k - 1])) {
          continue;
        }
        ch_long at = kept < k ? kept++ : k - 1;
        for (; at > 0 && KEY(records[at - 1]) > keys[i]; at--, moves++) {
          records[at] = records[at - 1];
        }
        records[at] = MAKE(keys[i], from + i);
      }
      if (moves > 2 * n) {
        return 0;
      }
    }
  }
  return 1;
}

/* Where the element is that a stable sort puts at a position; `keys` has room for n more keys behind it. */
static ch_long FN(position_at)(ch_long n, int bytes, ch_long position, WORD *keys) {
  ch_long less;
  const WORD key = FN(key_at)(n, bytes, position, keys, keys + n, &less);
  ch_long equal = position - less, i = 0;
  for (; i < n - 1; i++) {
    if (keys[i] == key && equal-- == 0) {
      break;
    }
  }
  return i;
}

static void FN(swap)(RECORD *a, ch_long i, ch_long j) {
  const RECORD r = a[i];
  a[i] = a[j];
  a[j] = r;
}

/*
 * Brings an element that a sort may put at a position to it by Hoare's quickselect, with the middle of three as the pivot
 * (Sedgewick's scheme, which PyTorch follows too): of equal elements this chooses the one that PyTorch does. It gives up,
 * and returns 0, where it takes many times n steps.
 */
static int FN(partition)(ch_long n, ch_long position, RECORD *a) {
  ch_long l = 0, r = n - 1, steps = 0;
  while (r > l + 1) {
    steps += r - l;
    if (steps > 32 * n) {
      return 0;
    }
    FN(swap)(a, l + (r - l) / 2, l + 1);
    if (KEY(a[l + 1]) > KEY(a[r])) { FN(swap)(a, l + 1, r); }
    if (KEY(a[l]) > KEY(a[r])) { FN(swap)(a, l, r); }
    if (KEY(a[l + 1]) > KEY(a[l])) { FN(swap)(a, l + 1, l); }
    ch_long i = l + 1, j = r;
    const WORD pivot = KEY(a[l]);
    for (;;) {
      do { i++; } while (pivot > KEY(a[i]));
      do { j--; } while (KEY(a[j]) > pivot);
      if (j < i) { break; }
      FN(swap)(a, i, j);
    }
    FN(swap)(a, l, j);
    if (j <= position) { l = i; }
    if (j >= position) { r = j - 1; }
  }
  if (r == l + 1 && KEY(a[l]) > KEY(a[r])) { FN(swap)(a, l, r); }
  return 1;
}

/* Where the element is that a quickselect, or if that takes too long a stable sort, puts at a position. */
static ch_long FN(chosen_at)(ch_long n, int bytes, ch_long position, WORD *keys, RECORD *records) {
  for (ch_long i = 0; i < n; i++) {
    records[i] = MAKE(keys[i], i);
  }
  return FN(partition)(n, position, records) ? (ch_long)POSITION(records[position])
                                             : FN(position_at)(n, bytes, position, keys);
}

/*
 * Where the last of the most frequent elements is, of several such the least; `alone` is the key of those that are equal
 * to none, if any is.
 */
static ch_long FN(most_frequent)(ch_long n, int bytes, int unequal, WORD alone, const WORD *keys, RECORD *records) {
  const RECORD *sorted = FN(sort_keys)(n, bytes, keys, records);
  ch_long best = 0, most = 0, run = 0;
  for (ch_long i = 0; i < n; i++) {
    const WORD key = KEY(sorted[i]);
    run = i > 0 && key == (WORD)KEY(sorted[i - 1]) && !(unequal && key == alone) ? run + 1 : 1;
    if (run > most) {
      most = run;
      best = i;
    }
  }
  return (ch_long)POSITION(sorted[best]);
}

#undef FN
#undef RECORD
#undef MAKE
#undef BEFORE
#undef POSITION
#undef KEY
#undef WORD
