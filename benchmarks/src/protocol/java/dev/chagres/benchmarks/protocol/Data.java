package dev.chagres.benchmarks.protocol;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The numbers that all sides compute with: a hash of position and seed, the same to the bit in
 * Java, Python (python/data.py) and C.
 */
public final class Data {

  private Data() {}

  /** Returns how many elements a shape has. */
  public static long count(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return count;
  }

  /** Returns a number of (0, 1], a multiple of 2^-24. */
  public static float positiveAt(int seed, long position) {
    return ((hash(seed, position) >>> 8) + 1) * 0x1p-24f;
  }

  /** Returns a number of (-1, 1], a multiple of 2^-23. */
  public static float signedAt(int seed, long position) {
    return 2 * positiveAt(seed, position) - 1;
  }

  /** Returns an integer from 0 to below a bound. */
  public static long belowAt(int seed, long position, long bound) {
    return (long) ((hash(seed, position) >>> 8) * 0x1p-24 * bound);
  }

  public static float[] positive(int seed, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = positiveAt(seed, i);
    }
    return values;
  }

  public static float[] signed(int seed, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = signedAt(seed, i);
    }
    return values;
  }

  public static long[] below(int seed, int count, long bound) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = belowAt(seed, i, bound);
    }
    return values;
  }

  /** Returns what a parameter begins with, so that all sides train the same model. */
  public static float[] weights(int index, int count, double scale) {
    float[] values = signed(1000 + index, count);
    for (int i = 0; i < count; i++) {
      values[i] *= (float) scale;
    }
    return values;
  }

  /** Returns the scale of a parameter's first values, from its shape. */
  public static double scale(long... shape) {
    return Math.sqrt(shape[0] / (double) count(shape));
  }

  /** Fills a whole segment of floats, of any length, with {@link #positiveAt}. */
  public static void fillPositive(MemorySegment floats, int seed) {
    long count = floats.byteSize() / Float.BYTES;
    for (long i = 0; i < count; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, positiveAt(seed, i));
    }
  }

  /** Fills a whole segment of floats, of any length, with {@link #signedAt}. */
  public static void fillSigned(MemorySegment floats, int seed) {
    long count = floats.byteSize() / Float.BYTES;
    for (long i = 0; i < count; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, signedAt(seed, i));
    }
  }

  /** The constants and the end of MurmurHash3 (Austin Appleby, public domain). */
  private static int hash(int seed, long position) {
    int h = (int) position * 0x9E3779B1 + seed * 0x85EBCA77;
    h = (h ^ h >>> 16) * 0x85EBCA6B;
    h = (h ^ h >>> 13) * 0xC2B2AE35;
    return h ^ h >>> 16;
  }
}
