package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Memory;
import dev.chagres.tensor.Tensor;

/** A whole program: one addition, one product, its result; then the memory that it took. */
final class Start {

  private Start() {}

  public static void main(String[] args) {
    var x = Tensor.ones(2, 2);
    System.out.println(x.add(x).matmul(x).toString().replace('\n', ' '));
    System.out.println(Memory.peak());
  }
}
