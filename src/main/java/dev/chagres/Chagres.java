package dev.chagres;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cpu.CpuReport;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/**
 * What holds for the whole process: the seed, the threads, the memory, and a report on all of it.
 */
public final class Chagres {
  private Chagres() {}

  /**
   * Starts the default generators' streams, of the CPU and of GPUs, again from a seed: the same
   * calls then give the same numbers, and PyTorch's.
   */
  public static void manualSeed(long seed) {
    Generator.seedAll(seed);
  }

  /**
   * Starts the default generator's stream again from a seed that the system's entropy gives, and
   * returns the seed: every run of the program then draws other numbers.
   */
  public static long seed() {
    long seed = Generator.standard().seed();
    Generator.seedAll(seed);
    return seed;
  }

  /** Returns the seed that the default generator's stream started from. */
  public static long initialSeed() {
    return Generator.standard().initialSeed();
  }

  /** Returns where the default generator's stream is: the bytes of PyTorch's get_rng_state. */
  public static Tensor getRngState() {
    return Generator.standard().getState();
  }

  /**
   * Sets the default generator's stream to where one was.
   *
   * @throws IllegalArgumentException if the bytes are not what {@link #getRngState}, or PyTorch's
   *     get_rng_state, gave
   */
  public static void setRngState(Tensor bytes) {
    given("setRngState", "bytes", bytes);
    Generator.standard().setState(bytes);
  }

  /**
   * Sets how many threads share the work of one operation, on the whole machine's behalf: for our
   * kernels and for OpenBLAS.
   *
   * @throws IllegalArgumentException if the number is not between 1 and 1024
   */
  public static void setNumThreads(int threads) {
    CpuBackend.team().setThreads(threads);
  }

  /** Returns how many threads share the work of one operation. */
  public static int getNumThreads() {
    return CpuBackend.team().threads();
  }

  /** Returns how much memory tensors have, had, and may have. */
  public static MemoryStats memoryStats() {
    return Memory.stats();
  }

  /**
   * Returns the version of this library, or {@code development} where it does not run from its jar.
   */
  public static String version() {
    ModuleDescriptor module = Chagres.class.getModule().getDescriptor();
    String ofJar = Chagres.class.getPackage().getImplementationVersion();
    return Optional.ofNullable(module)
        .flatMap(ModuleDescriptor::rawVersion)
        .orElse(ofJar == null ? "development" : ofJar);
  }

  /**
   * Returns a report to read, and to send with a question: versions, libraries and where they came
   * from, threads, memory, CUDA.
   */
  public static String doctor() {
    CpuReport cpu = CpuReport.read();
    return """
    chagres   %s
    java      %s, %s (%s)
    system    %s %s, %s, %d processors
    kernels   %s
    openblas  %s
    threads   %d
    cuda      %s
    %s
    """
        .formatted(
            version(),
            System.getProperty("java.version"),
            System.getProperty("java.vm.name"),
            System.getProperty("java.home"),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors(),
            cpu.kernels(),
            cpu.openBlas(),
            cpu.threads(),
            Cuda.report().replace("\n", "\n          "),
            memoryStats());
  }
}
