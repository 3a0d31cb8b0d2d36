package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Memory;
import org.nd4j.linalg.factory.Nd4j;

/** A whole program: one addition, one product, its result; then the memory that it took. */
final class PeerStart {

  private PeerStart() {}

  public static void main(String[] args) {
    var x = Nd4j.create(new float[] {1, 1, 1, 1}, 2, 2);
    System.out.println(x.add(x).mmul(x).sumNumber());
    System.out.println(Memory.peak());
  }
}
