package dev.chagres.observe;

import dev.chagres.backend.Backend;
import dev.chagres.memory.raw.Allocations;
import org.jspecify.annotations.Nullable;

/**
 * Who observes, at the moment. Each of the two that may, a profiler and the flight recorder, is
 * there or not; the doors of operations read one field, of both together.
 */
public final class Observation {
  private static volatile @Nullable Observer current;

  private static @Nullable Observer profiler;
  private static @Nullable Observer recorder;

  private Observation() {}

  /** Returns the backend itself while nobody observes, else one that shows what it is asked. */
  public static Backend of(Backend backend) {
    Observer observer = current;
    return observer == null ? backend : observed(backend, observer);
  }

  /** Returns a backend that shows an observer every kernel that it runs. */
  static Backend observed(Backend backend, Observer observer) {
    return new Backend(
        new ObservedElements(backend.elements(), observer),
        new ObservedFormulas(backend.formulas(), observer),
        new ObservedTransfers(backend.transfers(), observer),
        new ObservedReductions(backend.reductions(), observer),
        new ObservedSoftmaxes(backend.softmaxes(), observer),
        new ObservedNormalization(backend.normalization(), observer),
        new ObservedAttention(backend.attention(), observer),
        new ObservedRecurrent(backend.recurrent(), observer),
        new ObservedIndexing(backend.indexing(), observer),
        new ObservedCounting(backend.counting(), observer),
        new ObservedOrdering(backend.ordering(), observer),
        new ObservedScans(backend.scans(), observer),
        new ObservedMatrices(backend.matrices(), observer),
        new ObservedFeedForward(backend.feedForward(), observer),
        new ObservedLinearAlgebra(backend.linearAlgebra(), observer),
        new ObservedImages(backend.images(), observer),
        new ObservedGradients(backend.gradients(), observer),
        new ObservedOptimizers(backend.optimizers(), observer),
        new ObservedRandom(backend.random(), observer),
        backend.generators());
  }

  /** Lets a profiler observe from now on, unless another does; tells whether it may. */
  public static synchronized boolean begin(Observer wanted) {
    if (profiler != null) {
      return false;
    }
    profiler = wanted;
    refresh();
    return true;
  }

  /** Ends what {@link #begin} began. */
  public static synchronized void end() {
    profiler = null;
    refresh();
  }

  /**
   * Lets the flight recorder observe whenever it records, if this process has one. It calls from
   * within its own locks, which is why nothing here may wait for it.
   */
  public static void followFlightRecorder() {
    boolean isReadable =
        ModuleLayer.boot()
            .findModule("jdk.jfr")
            .filter(module -> Observation.class.getModule().canRead(module))
            .isPresent();
    if (isReadable) {
      FlightRecording.follow();
    }
  }

  static synchronized void recording(boolean records) {
    if (records != (recorder != null)) {
      recorder = records ? new FlightObserver() : null;
      refresh();
    }
  }

  private static void refresh() {
    Observer observer =
        profiler == null || recorder == null
            ? profiler == null ? recorder : profiler
            : new BothObservers(profiler, recorder);
    current = observer;
    Allocations.observe(observer);
  }
}
