package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.check.Place;
import dev.chagres.core.Device;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a thread's operations on a device while they are captured for a {@link Graph}:
 * they go to streams of the graph's own, each of which stands for one of the program's, so that
 * other threads go on with those. A thread has one at a time.
 */
public final class Capture {
  private static final ThreadLocal<@Nullable Capture> ACTIVE = new ThreadLocal<>();

  /** Whether there ever was one: until then nobody asks. */
  private static boolean any;

  private final CudaDevice device;
  private final DeviceStream home;
  private final Graph graph;

  /** By the program's streams, those that stand for them. */
  private final Map<DeviceStream, DeviceStream> standIns = new HashMap<>();

  /** Those of them that follow what is captured. */
  private final Set<DeviceStream> members = new HashSet<>();

  private @Nullable IllegalStateException refused;
  private @Nullable Omission omission;

  private Capture(CudaDevice device) {
    this.device = device;
    home = device.current();
    graph = new Graph(device, home);
    standIns.put(home, graph.origin());
    members.add(graph.origin());
  }

  /** Returns that of this thread, or null. */
  static @Nullable Capture active() {
    return any ? ACTIVE.get() : null;
  }

  /**
   * What a body returned, and the graph of what it did.
   *
   * @param <T> what it returned
   */
  public record Captured<T extends @Nullable Object>(T result, Graph graph) {}

  /**
   * Captures what a body does on a device, which is not done yet.
   *
   * @throws IllegalStateException if this thread is capturing already, if the body asks for what a
   *     graph cannot do, or if it leaves work in a stream that the first one does not wait for
   */
  public static <T extends @Nullable Object> Captured<T> of(Device device, Supplier<T> body) {
    if (active() != null) {
      throw new IllegalStateException("capture: this thread is capturing a graph already");
    }
    any = true;
    var capture = new Capture(CudaRuntime.device(device));
    boolean isDone = false;
    try {
      T result = capture.run(body);
      isDone = true;
      return new Captured<>(result, capture.graph);
    } finally {
      if (!isDone) {
        capture.graph.close();
      }
    }
  }

  private <T extends @Nullable Object> T run(Supplier<T> body) {
    graph.begin();
    boolean isDone = false;
    T result;
    try {
      ACTIVE.set(this);
      graph.origin().choose();
      result = body.get();
      isDone = refused == null;
    } finally {
      ACTIVE.remove();
      home.choose();
      if (!isDone) {
        graph.abandon();
      }
    }
    if (refused != null) {
      throw new IllegalStateException(refused.getMessage(), refused); // the body caught it
    }
    graph.complete();
    return result;
  }

  /** Tells whether what this thread does on a device is being captured. */
  public static boolean isOn(Device device) {
    Capture capture = active();
    return capture != null && capture.device.device().equals(device);
  }

  // ---- what is not captured

  /** Does something at once, in the stream of before, also while this thread is capturing. */
  public static <T extends @Nullable Object> T outside(Supplier<T> body) {
    Capture capture = active();
    return capture == null ? body.get() : capture.suspend(body);
  }

  private <T extends @Nullable Object> T suspend(Supplier<T> body) {
    DeviceStream before = device.current();
    ACTIVE.remove();
    home.choose();
    try {
      return body.get();
    } finally {
      ACTIVE.set(this);
      before.choose();
    }
  }

  /**
   * Throws, if this thread is capturing, what names the operation that the program called: it
   * cannot be part of a graph.
   *
   * @param why the reason, and what to do instead
   */
  static void refuse(String why) {
    Capture capture = active();
    if (capture != null) {
      throw capture.refusal(why);
    }
  }

  private IllegalStateException refusal(String why) {
    var refusal = new IllegalStateException(Place.operation("capture") + ": " + why);
    if (refused == null) {
      refused = refusal;
    }
    return refusal;
  }

  // ---- what changes from one replay to the next

  /**
   * Lets something be done before each replay of the graph that this thread is capturing on a
   * device; false, and nothing, if there is none.
   */
  public static boolean beforeReplays(Device device, Runnable action) {
    Capture capture = active();
    if (capture == null || !isOn(device)) {
      return false;
    }
    capture.graph.renewals().add(action);
    return true;
  }

  /**
   * Returns a struct of so many numbers for launches on a device, with a pointer behind them: null,
   * or, while this thread is capturing there, where they are written anew before each replay.
   */
  static long[] numbers(CudaDevice device, int count, Supplier<long[]> numbers) {
    Capture capture = active();
    if (capture == null || capture.device != device) {
      return Arrays.copyOf(numbers.get(), count + 1);
    }
    long[] words = new long[count + 1];
    words[count] = capture.graph.renewals().add(count, numbers);
    return words;
  }

  /**
   * When captured steps of optimizers are left out.
   *
   * @param found 0-d of float32: the replay's step is left out where it is not 0
   * @param missed 0-d of float64: how many of the steps that the host has counted were left out
   */
  record Omission(Strided found, Strided missed) {}

  /**
   * Captures steps of optimizers on a device that each replay leaves out where the device has found
   * a reason.
   *
   * @param found 0-d of float32, not 0 where the step is left out
   * @param missed 0-d of float64, how many of the steps that were counted were left out
   */
  public static void omitting(Device device, Strided found, Strided missed, Runnable steps) {
    Capture capture = active();
    if (capture == null || !isOn(device)) {
      throw new IllegalStateException("step: only within a graph a GPU can leave it out");
    }
    capture.omission = new Omission(found, missed);
    try {
      steps.run();
    } finally {
      capture.omission = null;
    }
  }

  /** Returns when the steps on a device are left out that this thread captures; null if never. */
  static @Nullable Omission omission(CudaDevice device) {
    Capture capture = active();
    return capture == null || capture.device != device ? null : capture.omission;
  }

  // ---- streams

  /** Returns the stream that stands for one of the program's, and follows what is captured. */
  DeviceStream enter(DeviceStream stream) {
    DeviceStream own = standIn(stream);
    if (own.owner() == device && members.add(own)) {
      own.follow(device.current());
    }
    return own;
  }

  private DeviceStream standIn(DeviceStream stream) {
    return stream.owner() != device || stream.isOf(graph)
        ? stream
        : standIns.computeIfAbsent(stream, _ -> graph.addStream());
  }

  /** Lets a stream wait for what another one has now. */
  void order(DeviceStream later, DeviceStream earlier) {
    DeviceStream from = standIn(earlier);
    if (later.owner() != device || !members.contains(from)) {
      throw refusal(
          earlier
              + " has no part in the graph that is captured, which cannot wait for it: wait before"
              + " the capture, or let it use the stream first");
    }
    DeviceStream to = standIn(later);
    if (to != from) {
      to.follow(from);
      members.add(to);
    }
  }

  /** Returns the stream of before. */
  DeviceStream home() {
    return home;
  }
}
