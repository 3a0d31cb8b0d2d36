package dev.chagres.benchmarks;

import dev.chagres.Chagres;
import dev.chagres.tensor.Tensor;

/**
 * A program that asks whether a collection waits for a long product: one thread multiplies, one
 * allocates and looks at the clock, one asks for collections. It prints the longest stall of the
 * allocating thread and the longest collection, in ns, without the product and with it, and the
 * time of a product.
 */
final class Stall {

  private static final int SIZE = 3072;
  private static final int COLLECTIONS = 12;
  private static final long BETWEEN_MILLIS = 60;

  private static volatile boolean going;
  private static volatile Object kept;

  private Stall() {}

  public static void main(String[] args) throws InterruptedException {
    Chagres.setNumThreads(1);
    var a = Tensor.rand(SIZE, SIZE);
    a.matmul(a);
    long start = System.nanoTime();
    a.matmul(a);
    long product = System.nanoTime() - start;
    observe();
    long[] without = observe();
    going = true;
    var multiplying =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (going) {
                    a.matmul(a);
                  }
                });
    long[] with = observe();
    going = false;
    multiplying.join();
    System.out.println(
        without[0] + " " + without[1] + " " + with[0] + " " + with[1] + " " + product);
  }

  /** Returns the longest stall of an allocating thread, and the longest collection. */
  private static long[] observe() throws InterruptedException {
    long[] longest = new long[2];
    var collecting =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < COLLECTIONS; i++) {
                    long start = System.nanoTime();
                    System.gc();
                    longest[1] = Math.max(longest[1], System.nanoTime() - start);
                    sleep();
                  }
                });
    long last = System.nanoTime();
    while (collecting.isAlive()) {
      kept = new byte[1024];
      long now = System.nanoTime();
      longest[0] = Math.max(longest[0], now - last);
      last = now;
    }
    collecting.join();
    return longest;
  }

  private static void sleep() {
    try {
      Thread.sleep(BETWEEN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
