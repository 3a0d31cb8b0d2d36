package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Memory;
import org.bytedeco.pytorch.Tensor;

/** A whole program: one addition, one product, its result; then the memory that it took. */
final class PeerStart {

  private PeerStart() {}

  public static void main(String[] args) {
    var x = Tensor.create(new float[] {1, 1, 1, 1}, 2, 2);
    System.out.println(x.add(x).matmul(x).sum().item_double());
    System.out.println(Memory.peak());
  }
}
