package dev.chagres.profiler;

import static dev.chagres.check.Given.given;

import dev.chagres.check.Place;
import dev.chagres.observe.Observation;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Notes which operations all threads of this process run, how long their kernels take, how many
 * bytes those read and write, and how much memory is allocated:
 *
 * <pre>{@code
 * Profile profile = Profiler.run(() -> train(model, batch));
 * IO.println(profile);
 * profile.save(Path.of("trace.json")); // for https://ui.perfetto.dev
 * }</pre>
 *
 * <p>or, around code that returns or throws:
 *
 * <pre>{@code
 * try (var profiler = Profiler.start()) {
 *   train(model, batch);
 *   IO.println(profiler.profile());
 * }
 * }</pre>
 *
 * <p>One runs at a time. What it notes costs some microseconds for each kernel, outside of the
 * times that it notes; while none runs, operations are as fast as ever. A first run also compiles
 * and links what it calls, so it is the second that tells what a program costs.
 *
 * <p>The same operations are events of Java's flight recorder, {@code dev.chagres.Operation} and
 * {@code dev.chagres.Allocation}, if they take longer than the recording's threshold, which is a
 * millisecond unless it is set.
 */
public final class Profiler implements AutoCloseable {
  /** The place where the profiler that runs was started, for whoever would start another. */
  private static final AtomicReference<String> STARTED = new AtomicReference<>("elsewhere");

  /** Of calls, and of allocations: some 40 MB of Java's heap. */
  private static final int KEPT = 200_000;

  private final Recorder recorder = new Recorder(KEPT);

  private Profiler() {}

  /**
   * Profiles what code does, in whatever threads.
   *
   * @throws IllegalStateException if a profiler runs already, also around this call
   */
  public static Profile run(Runnable code) {
    given("run", "code", code);
    try (Profiler profiler = begin("run")) {
      code.run();
      return profiler.stop();
    }
  }

  /**
   * Profiles all that is done until the result is closed.
   *
   * @throws IllegalStateException if a profiler runs already
   */
  public static Profiler start() {
    return begin("start");
  }

  private static Profiler begin(String name) {
    Profiler profiler = new Profiler();
    if (!Observation.begin(profiler.recorder)) {
      throw new IllegalStateException(
          name + ": a profiler runs already, and only one can; it was started at " + STARTED.get());
    }
    STARTED.set(Place.here().toString());
    return profiler;
  }

  /** Returns what was noted so far; all of it once this has ended. */
  public Profile profile() {
    return recorder.profile();
  }

  /** Ends, if that has not happened yet, and returns what was noted. */
  public Profile stop() {
    if (recorder.stop()) {
      Observation.end();
    }
    return recorder.profile();
  }

  /** Ends, as {@link #stop} does. */
  @Override
  public void close() {
    if (recorder.stop()) {
      Observation.end();
    }
  }
}
