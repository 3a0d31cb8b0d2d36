package dev.chagres.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of a device: compiled for its architecture when they are first asked for, or found on
 * disk, and kept for as long as the program runs.
 */
final class Modules {
  private static final Map<String, Sources> SOURCES = new ConcurrentHashMap<>();

  private static final int PLACE_BITS = 10;

  private final CudaDevice device;
  private final ModuleCache cache = new ModuleCache();
  private final Map<Key, Kernel> kernels = new ConcurrentHashMap<>();
  private @Nullable Target target;

  /** By hashes of numbers, one of each; threads may overwrite one another's. */
  private final @Nullable Known[] places = new Known[1 << PLACE_BITS];

  /** A kernel by its expression and a file, or the text where that is in no file. */
  private record Key(String file, String expression) {}

  private record Known(String file, int number, Kernel kernel) {}

  /**
   * What to compile for.
   *
   * @param option of the compiler
   * @param cubin whether that is the device's own architecture; else the driver translates PTX
   */
  record Target(String option, boolean cubin, String version) {
    /** Chooses for a device of capability {@code major.minor}. */
    static Target of(int major, int minor, List<Integer> known, String version) {
      int own = 10 * major + minor;
      if (known.contains(own)) {
        return new Target("--gpu-architecture=sm_" + own, true, version);
      }
      int best = known.stream().filter(each -> each < own).mapToInt(each -> each).max().orElse(0);
      if (best == 0) {
        throw new IllegalStateException(
            "NVRTC "
                + version
                + " does not compile for compute capability "
                + major
                + "."
                + minor
                + ", only for "
                + known
                + ": an older CUDA toolkit does");
      }
      return new Target("--gpu-architecture=compute_" + best, false, version);
    }
  }

  Modules(CudaDevice device) {
    this.device = device;
  }

  /** Returns a kernel by the file that has it and the expression that names it. */
  Kernel kernel(String file, String expression) {
    Key key = new Key(file, expression);
    Kernel found = kernels.get(key);
    return found != null ? found : load(key, null);
  }

  /** Returns a kernel of a text that was written for it. */
  Kernel kernel(Sources written, String expression) {
    Key key = new Key(written.text(), expression);
    Kernel found = kernels.get(key);
    return found != null ? found : load(key, written);
  }

  /**
   * Returns a kernel by a number that stands for one expression of a file, which is then not even
   * made: names take longer than the rest of a launch.
   */
  Kernel kernel(String file, int number, Supplier<String> expression) {
    int place = ((number * 0x9E3779B9) ^ file.hashCode()) >>> (Integer.SIZE - PLACE_BITS);
    Known known = places[place];
    if (known == null || known.number != number || !known.file.equals(file)) {
      known = new Known(file, number, kernel(file, expression.get()));
      places[place] = known;
    }
    assert known.kernel.expression().equals(expression.get()) : known + " for " + expression.get();
    return known.kernel;
  }

  private synchronized Kernel load(Key key, @Nullable Sources written) {
    Kernel found = kernels.get(key);
    if (found == null) {
      Sources sources = written != null ? written : SOURCES.computeIfAbsent(key.file, Sources::of);
      Nvrtc.Compiled compiled = compiled(sources, key.expression);
      device.enter();
      found = kernel(key.expression, compiled);
      kernels.put(key, found);
    }
    return found;
  }

  private Nvrtc.Compiled compiled(Sources sources, String expression) {
    Target chosen = target();
    Nvrtc.Program program =
        new Nvrtc.Program(
            sources.name(),
            sources.text(),
            sources.headers(),
            List.of(chosen.option, "--std=c++17", "--fmad=false"),
            List.of(expression));
    return cache.get(program, chosen.version, () -> Nvrtc.compile(program, chosen.cubin));
  }

  private Target target() {
    Target chosen = target;
    if (chosen == null) {
      DeviceProperties properties = device.properties();
      chosen =
          Target.of(properties.major(), properties.minor(), Nvrtc.architectures(), Nvrtc.version());
      target = chosen;
    }
    return chosen;
  }

  private Kernel kernel(String expression, Nvrtc.Compiled compiled) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocateFrom(ValueLayout.JAVA_BYTE, compiled.image());
      MemorySegment module = device.withRoom(() -> Driver.loadModule(image));
      MemorySegment name = arena.allocateFrom(compiled.names().getFirst());
      return new Kernel(expression, Driver.function(module, name));
    }
  }
}
