package dev.chagres.backend.cpu;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ComposedFeedForward;

/**
 * The CPU: which class has the kernel calls of each family. They share large operations out over a
 * team of threads.
 */
public final class CpuBackend {
  private static final Backend INSTANCE = on(WorkerTeam.SHARED);

  private CpuBackend() {}

  /** Returns the backend of this process. */
  public static Backend instance() {
    return INSTANCE;
  }

  /** Returns a backend whose large operations a team shares. */
  static Backend on(WorkerTeam team) {
    var constants = new Constants();
    var elementwise = new Elementwise(team);
    var reductions = new Reductions(team, elementwise);
    var indexing = new Indexing(team, elementwise);
    var gemm = new Gemm(team, elementwise);
    var products = new MatrixProducts(team, elementwise, gemm);
    return new Backend(
            elementwise,
            new Formulas(team, constants),
            new Transfers(constants, elementwise),
            reductions,
            new Softmaxes(team, elementwise),
            new Normalizing(team),
            new Attention(team, elementwise),
            new RecurrentSteps(team),
            indexing,
            new Counting(),
            new Ordering(team, elementwise, indexing),
            new Scans(team, elementwise),
            products,
            new ComposedFeedForward(elementwise, reductions, products),
            new LapackBatches(team),
            new Convolution(team, gemm, elementwise),
            new Gradients(team),
            new Optimizers(team),
            new RandomNumbers(),
            new Mt19937())
        .checked();
  }

  /** Returns the team whose threads share large operations of this process's backend. */
  public static WorkerTeam team() {
    return WorkerTeam.SHARED;
  }
}
