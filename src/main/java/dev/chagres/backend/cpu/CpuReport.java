package dev.chagres.backend.cpu;

/**
 * What the CPU backend runs on, each as a sentence; where something cannot be loaded, the reason.
 *
 * @param kernels our own kernels: file and variant
 * @param openBlas OpenBLAS: file, processor core and configuration
 * @param threads how many threads share the work
 */
public record CpuReport(String kernels, String openBlas, int threads) {

  /** Loads what is not loaded yet, and reports. */
  public static CpuReport read() {
    String kernels;
    int threads = 0;
    try {
      Kernels.require();
      NativeLibraries.Loaded library = NativeLibraries.kernels();
      kernels = library.path() + " (" + library.origin() + ")";
      threads = CpuBackend.team().threads();
    } catch (IllegalStateException e) {
      kernels = "missing: " + e.getMessage();
    }
    String openBlas;
    try {
      OpenBlas.Ready library = OpenBlas.require();
      openBlas =
          library.library().path()
              + " ("
              + library.library().origin()
              + "), core "
              + library.core()
              + ", "
              + library.config().strip()
              + (library.lapack() ? "" : ", without LAPACK");
    } catch (IllegalStateException e) {
      openBlas = "missing: " + e.getMessage();
    }
    return new CpuReport(kernels, openBlas, threads);
  }
}
