package dev.chagres;

import dev.chagres.backend.Backend;

/** Whether tensors can live and be computed on GPUs. In this build they cannot. */
public final class Cuda {
  private Cuda() {}

  /** Returns whether there is a GPU to use. */
  public static boolean isAvailable() {
    return deviceCount() > 0;
  }

  /** Returns why there is no GPU to use; empty if there is one. */
  public static String whyNot() {
    return isAvailable() ? "" : Backend.NO_CUDA;
  }

  /** Returns the number of GPUs to use. */
  public static int deviceCount() {
    return 0;
  }
}
