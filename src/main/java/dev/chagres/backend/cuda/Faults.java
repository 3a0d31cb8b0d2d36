package dev.chagres.backend.cuda;

import dev.chagres.backend.IndexKernels.Negatives;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What kernels found wrong with the numbers that they were given: a bad index, a division by zero.
 * A device has a fault word in its memory, two 64-bit numbers. A kernel that may meet such a number
 * gets the word's address and the number of its launch; it skips the element, and the first one
 * writes the launch and the bad number:
 *
 * <pre>{@code
 * struct Fault {               // 16 bytes, passed by value
 *   unsigned long long *word;
 *   unsigned long long code;   // never 0
 * };
 * if (atomicCAS(fault.word, 0ull, fault.code) == 0ull) fault.word[1] = value;
 * }</pre>
 *
 * <p>The host looks at the word whenever it waits for the device, and throws what the launch said.
 */
final class Faults {
  /** How many launches that may fail there can be between two looks, but for those of a graph. */
  static final int MOST = 1 << 12;

  static final long WORD_BYTES = 2L * Long.BYTES;

  private final AtomicReferenceArray<@Nullable Noted> noted = new AtomicReferenceArray<>(MOST);

  /** Those of a graph, whose launches may report again in each replay; else null. */
  private volatile @Nullable Map<Long, Fault> kept;

  private final AtomicLong numbers = new AtomicLong();
  private final AtomicLong launches = new AtomicLong();
  private volatile long looked;

  /** What to throw for a bad number. */
  interface Fault {
    RuntimeException of(long value);
  }

  private record Noted(long number, Fault fault) {}

  /** A bad index into a dimension of so many elements. */
  static Fault index(String operation, long size, Negatives negatives) {
    return value -> negatives.outOfRange(operation, value, size);
  }

  /** Keeps all launches that are noted from now on, and no longer those that were kept so far. */
  void keepAll() {
    kept = new ConcurrentHashMap<>();
  }

  /** Notes a launch that is about to be and returns its number, which is not 0. */
  long note(Fault fault) {
    long number = numbers.incrementAndGet();
    noted.set((int) (number % MOST), new Noted(number, fault));
    Map<Long, Fault> all = kept;
    if (all != null) {
      all.put(number, fault);
    }
    return number;
  }

  private @Nullable Fault of(long number) {
    Map<Long, Fault> all = kept;
    Fault fault = all == null ? null : all.get(number);
    Noted last = noted.get((int) (number % MOST));
    return fault == null && last != null && last.number == number ? last.fault : fault;
  }

  /** Counts a noted launch that is in the stream now. */
  void launched() {
    launches.incrementAndGet();
  }

  /** Returns how many noted launches have come into the stream. */
  long launches() {
    return launches.get();
  }

  /** Tells whether a launch has come into the stream since the last look. */
  boolean arePending() {
    return launches.get() != looked;
  }

  /** Tells whether the host must look before more launches are noted. */
  boolean areMany() {
    return launches.get() - looked > MOST / 2;
  }

  /**
   * Takes in a word that was copied from the device when the first {@code upTo} launches had run.
   *
   * @return what to throw, or null
   */
  @Nullable RuntimeException look(MemorySegment word, long upTo) {
    looked = Math.max(looked, upTo);
    long number = word.get(ValueLayout.JAVA_LONG, 0);
    if (number == 0) {
      return null;
    }
    long value = word.get(ValueLayout.JAVA_LONG, Long.BYTES);
    Fault fault = of(number);
    return fault == null
        ? new IllegalStateException("a kernel reported a fault of an unknown launch, " + number)
        : fault.of(value);
  }
}
