package dev.chagres.backend.cpu;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the native libraries of this process.
 *
 * @param platform the operating system and the architecture
 * @param cache where libraries were unpacked, or null if that was not necessary
 * @param threads how many threads share large operations
 */
public record NativeReport(
    String platform, Part kernels, Part openBlas, @Nullable Path cache, int threads) {

  /**
   * One library.
   *
   * @param path its file, or null if it could not be loaded
   * @param description what it says of itself, or why it could not be loaded
   */
  public record Part(@Nullable Path path, String description) {}

  /** Loads what has not been loaded so far, and says what came of it. */
  public static NativeReport create() {
    Part kernels = kernelsPart();
    Part openBlas = openBlasPart();
    return new NativeReport(
        NativeBundle.platform(),
        kernels,
        openBlas,
        NativeLibraries.cacheDirectory(),
        WorkerTeam.SHARED.threads());
  }

  private static Part kernelsPart() {
    try {
      Kernels.require();
      NativeLibraries.Loaded library = NativeLibraries.kernels();
      return new Part(library.path(), library.origin());
    } catch (IllegalStateException e) {
      return new Part(null, String.valueOf(e.getMessage()));
    }
  }

  private static Part openBlasPart() {
    try {
      OpenBlas.Ready ready = OpenBlas.require();
      String lapack = ready.lapack() ? "with LAPACK" : "without LAPACK";
      String text =
          ready.config()
              + ", core "
              + ready.core()
              + ", "
              + lapack
              + ", "
              + ready.library().origin();
      return new Part(ready.library().path(), text);
    } catch (IllegalStateException e) {
      return new Part(null, String.valueOf(e.getMessage()));
    }
  }
}
