package dev.chagres.benchmarks;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.chagres.benchmarks.protocol.Memory;

/** A whole program: one addition, one product, its result; then the memory that it took. */
final class PeerStart {

  private PeerStart() {}

  public static void main(String[] args) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try (var manager = NDManager.newBaseManager()) {
      var x = manager.ones(new Shape(2, 2));
      System.out.println(x.add(x).matMul(x).sum().getFloat());
    }
    System.out.println(Memory.peak());
  }
}
