package dev.chagres.memory;

import static dev.chagres.check.Given.given;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one thread made and another one takes. A {@link Scope} owns what its own thread makes, so
 * what comes from elsewhere is in none; handed over, it is as if the thread that takes it had made
 * it then:
 *
 * <pre>{@code
 * queue.put(Handover.of(() -> decode(file))); // a thread that works ahead
 *
 * try (var scope = Scope.open()) { // another one
 *   Tensor image = queue.take().take(); // the scope's, with all that was made on the way
 *   ...
 * }
 * }</pre>
 *
 * <p>What is not taken lives for as long as it is reachable.
 *
 * @param <T> what is handed over
 */
public final class Handover<T extends @Nullable Object> {
  private final AtomicReference<@Nullable Scope> owner;
  private @Nullable T result;

  private Handover(Scope owner, T result) {
    this.owner = new AtomicReference<>(owner);
    this.result = result;
  }

  /**
   * Runs the body on this thread and returns its result, to be taken elsewhere. No scope of this
   * thread owns what the body makes, but those that it opens itself.
   */
  public static <T extends @Nullable Object> Handover<T> of(Supplier<T> body) {
    given("Handover", "body", body);
    Scope scope = Scope.open();
    boolean isDone = false;
    try {
      T result = body.get();
      isDone = true;
      scope.leaveThread();
      return new Handover<>(scope, result);
    } finally {
      if (!isDone) {
        scope.leaveThread();
        scope.handTo(null);
      }
    }
  }

  /**
   * Returns the result, once. All that was made with it, and was not freed or {@linkplain
   * Storage#escape escaped}, belongs to this thread's innermost open scope from now on or, without
   * one, lives for as long as it is reachable.
   *
   * @throws IllegalStateException if it was taken before
   */
  @SuppressWarnings("NullAway") // null is a result only where T allows it
  public T take() {
    Scope scope = owner.getAndSet(null);
    if (scope == null) {
      throw new IllegalStateException("take: this was taken before, and can be taken once");
    }
    T taken = result;
    result = null;
    scope.handTo(Scope.current());
    return taken;
  }
}
