package dev.chagres.memory;

import static dev.chagres.check.Given.given;

import dev.chagres.check.Place;
import dev.chagres.memory.raw.RawScope;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The owner of every storage that its thread makes while it is the innermost open one:
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *   var loss = model.call(x).mean();
 *   loss.backward();
 *   return scope.keep(loss);
 * }
 * }</pre>
 *
 * <p>Closing it frees them, but for those that were {@linkplain #keep kept}, {@linkplain #escape
 * escaped} or freed before. It knows its storages without holding them: one that becomes
 * unreachable in a long scope, or in one that is never closed, is reclaimed as if there were no
 * scope.
 *
 * <p>A scope belongs to the thread that opened it, virtual or not.
 */
@SuppressWarnings({"exports", "InvalidBlockTag"}) // What it inherits is the library's, and @hidden.
public final class Scope extends RawScope implements AutoCloseable {
  private static final ThreadLocal<Stack> STACKS = ThreadLocal.withInitial(Stack::new);
  private static final @Nullable Lease[] NONE = {};
  private static final int FIRST_CAPACITY = 4;

  /** One thread's open scopes, and how it records the places where they close. */
  private static final class Stack {
    private static final int ALWAYS_RECORDED = 1000;
    private static final long PAUSE_NANOS = 1_000_000;

    final Thread thread = Thread.currentThread();
    @Nullable Scope top;
    private int recorded;
    private long lastRecorded;

    /**
     * Returns where the program is, or null if it was asked too often to spend a microsecond again:
     * a place is recorded for a thread's first 1000 scopes and then at most every millisecond.
     */
    @Nullable Place place() {
      if (recorded < ALWAYS_RECORDED || Memory.isTracing()) {
        recorded++;
        return Place.here();
      }
      long now = System.nanoTime();
      if (now - lastRecorded < PAUSE_NANOS) {
        return null;
      }
      lastRecorded = now;
      return Place.here();
    }
  }

  private final Stack stack;
  private final @Nullable Scope enclosing;
  private final int depth;
  private @Nullable Lease recent;
  private @Nullable Lease[] others = NONE;
  private @Nullable Lease[] leases = NONE;
  private int count;
  private volatile boolean closed;

  /** Whether it has left its thread, whose business its list then is no more. */
  private volatile boolean away;

  private @Nullable Place closedAt;

  private Scope(Stack stack) {
    this.stack = stack;
    enclosing = stack.top;
    depth = enclosing == null ? 0 : enclosing.depth + 1;
  }

  /** Opens a scope inside those that are open on this thread. */
  public static Scope open() {
    Stack stack = STACKS.get();
    Scope scope = new Scope(stack);
    stack.top = scope;
    return scope;
  }

  /** Returns whether this thread is inside a scope. */
  public static boolean isAnyOpen() {
    return current() != null;
  }

  /** Returns the innermost open scope of this thread. */
  static @Nullable Scope current() {
    return STACKS.get().top;
  }

  /**
   * Runs the body in a scope of its own and returns its result, whose storages outlive the scope as
   * with {@link #keep}; a result without storages is returned as it is.
   */
  public static <T extends @Nullable Object> T run(Supplier<T> body) {
    given("run", "body", body);
    try (Scope scope = open()) {
      T result = body.get();
      StorageWalk.of("run", result, scope::release);
      return result;
    }
  }

  /** Runs the body in a scope of its own. */
  public static void run(Runnable body) {
    given("run", "body", body);
    Scope.<@Nullable Object>run(
        () -> {
          body.run();
          return null;
        });
  }

  /**
   * @hidden
   */
  @Override
  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  protected boolean isInnermost() {
    return stack.thread == Thread.currentThread() && stack.top == this;
  }

  /**
   * @hidden
   */
  @Override
  protected void suspend(Runnable body) {
    checkThread("suspend");
    if (stack.top != this) {
      throw new IllegalStateException("suspend: this is not the innermost open scope");
    }
    stack.top = enclosing;
    try {
      body.run();
    } finally {
      if (!closed) {
        stack.top = this;
      }
    }
  }

  /**
   * Lets storages outlive this scope: they move to the enclosing one or, without one, live for as
   * long as they are reachable. Storages of other scopes than this and those inside it stay where
   * they are.
   *
   * @param holder a {@link StorageHolder}, or a collection, map, array, optional or record of such,
   *     to any depth
   * @return the same holder
   * @throws IllegalArgumentException if it is none of these, or holds only other things
   * @throws IllegalStateException if the scope is closed, or belongs to another thread
   */
  public <T> T keep(T holder) {
    given("keep", "holder", holder);
    checkThread("keep");
    if (closed) {
      throw new IllegalStateException("keep: this scope " + obituary());
    }
    if (!StorageWalk.of("keep", holder, this::release)) {
      throw nothingIn("keep", holder);
    }
    return holder;
  }

  /**
   * Takes storages out of all scopes: from now on they live for as long as they are reachable. For
   * what a program keeps beyond a step where its scope is not at hand, as a module that makes a
   * mask when it is first called:
   *
   * <pre>{@code
   * if (mask == null) {
   *   mask = Scope.escape(Tensor.ones(n, n).tril());
   * }
   * }</pre>
   *
   * <p>What the graph of a tensor saved stays in its scope. No other thread may be using the
   * storages, or be closing their scope.
   *
   * @param holder a {@link StorageHolder}, or a collection, map, array, optional or record of such,
   *     to any depth
   * @return the same holder
   * @throws IllegalArgumentException if it is none of these, or holds only other things
   */
  public static <T> T escape(T holder) {
    given("escape", "holder", holder);
    if (!StorageWalk.of("escape", holder, Storage::escape)) {
      throw nothingIn("escape", holder);
    }
    return holder;
  }

  private static IllegalArgumentException nothingIn(String call, Object holder) {
    return new IllegalArgumentException(
        call
            + ": nothing in this "
            + holder.getClass().getName()
            + " holds memory; pass a tensor, a module, a StorageHolder, or a collection, array or"
            + " record of them");
  }

  /**
   * Frees all storages that it still owns; scopes inside it that are still open are closed first.
   * Closing twice is harmless.
   *
   * @throws IllegalStateException on another thread than the one that opened it, and then nothing
   *     is freed; or if a segment from {@link Storage#expose} is inside a native call: that storage
   *     then lives for as long as it is reachable, and all others are freed
   */
  @Override
  public void close() {
    checkThread("close");
    if (closed) {
      return;
    }
    Place place = count == 0 ? null : stack.place();
    IllegalStateException failure = null;
    Scope scope = this;
    do {
      scope = stack.top;
      if (scope == null) {
        break;
      }
      stack.top = scope.enclosing;
      scope.closedAt = place;
      scope.closed = true;
      failure = scope.freeAll(failure);
    } while (scope != this);
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Takes this scope off its thread, after those inside it were closed: what it owns it owns until
   * {@link #handTo} says who does.
   */
  void leaveThread() {
    checkThread("leaveThread");
    for (Scope inner = stack.top; inner != null && inner != this; inner = stack.top) {
      inner.close();
    }
    stack.top = enclosing;
    away = true;
  }

  /**
   * Gives what a scope that has left its thread owns to one of this thread or, without one, to the
   * collector.
   */
  void handTo(@Nullable Scope heir) {
    @Nullable Lease[] owned = leases;
    int end = count;
    leases = NONE;
    count = 0;
    recent = null;
    others = NONE;
    for (int i = 0; i < end; i++) {
      Lease lease = owned[i];
      if (lease == null || lease.scope != this || lease.hasEnded()) {
        continue;
      }
      if (heir == null) {
        lease.scope = null;
      } else {
        heir.own(lease);
      }
    }
  }

  private @Nullable IllegalStateException freeAll(@Nullable IllegalStateException earlier) {
    IllegalStateException failure = earlier;
    @Nullable Lease[] owned = leases;
    leases = NONE;
    for (int i = count - 1; i >= 0; i--) {
      Lease lease = owned[i];
      if (lease == null || lease.scope != this) {
        continue; // it escaped on another thread
      }
      if (lease.pool.end(lease, lease.all(), Stripe.SCOPE).busy() != 0) {
        lease.scope = null;
        var busy =
            new IllegalStateException(
                "close: a segment of a storage of this scope is inside a native call; it was not"
                    + " freed");
        if (failure == null) {
          failure = busy;
        } else {
          failure.addSuppressed(busy);
        }
      }
    }
    count = 0;
    recent = null;
    others = NONE;
    return failure;
  }

  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  private void checkThread(String call) {
    if (Thread.currentThread() != stack.thread) {
      throw new IllegalStateException(
          call
              + ": this scope was opened by "
              + stack.thread
              + " and belongs to it; this is "
              + Thread.currentThread());
    }
  }

  // ---- leases

  boolean isClosed() {
    return closed;
  }

  /** Returns the last lease that small storages of a class joined; null before the first. */
  @Nullable Lease filling(Pool pool, int sizeClass) {
    Lease lease = recent;
    if (lease == null || lease.sizeClass != sizeClass) {
      lease = others.length == 0 ? null : others[sizeClass];
    }
    return lease == null || lease.pool != pool ? null : lease;
  }

  /** Owns a lease, whose free slots are for storages to come. */
  void fill(Lease lease) {
    own(lease);
    if (!lease.isSolo()) {
      Lease before = recent;
      if (before != null && before.sizeClass != lease.sizeClass) {
        if (others.length == 0) {
          others = new Lease[SizeClasses.SCOPED];
        }
        others[before.sizeClass] = before;
      }
      recent = lease;
    }
  }

  private void own(Lease lease) {
    if (count == leases.length) {
      makeRoom();
    }
    lease.scope = this;
    lease.scopeIndex = count;
    leases[count++] = lease;
  }

  /** Drops the leases that the collector ended, and grows if that was not worth it. */
  private void makeRoom() {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      Lease lease = leases[i];
      if (lease != null && lease.scope == this && !lease.hasEnded()) {
        lease.scopeIndex = kept;
        leases[kept++] = lease;
      }
    }
    Arrays.fill(leases, kept, count, null);
    count = kept;
    if (kept >= leases.length / 4 * 3) {
      leases = Arrays.copyOf(leases, Math.max(FIRST_CAPACITY, 2 * leases.length));
    }
  }

  /**
   * Takes a lease out of the list; on another thread only out of the ownership, the list follows
   * when it grows.
   */
  @SuppressWarnings("ReferenceEquality") // A thread is itself.
  void forget(Lease lease) {
    lease.scope = null;
    if (Thread.currentThread() == stack.thread
        && !away
        && lease.scopeIndex < count
        && leases[lease.scopeIndex] == lease) {
      Lease last = leases[--count];
      leases[lease.scopeIndex] = last;
      if (last != null) {
        last.scopeIndex = lease.scopeIndex;
      }
      leases[count] = null;
    }
  }

  /** Moves a storage out of this scope or one inside it. */
  private void release(Storage storage) {
    Lease lease = storage.lease();
    if (lease == null) {
      return;
    }
    Scope owner = lease.scope;
    if (owner == null
        || owner.stack != stack
        || owner.depth < depth
        || owner.closed
        || owner.away) {
      return;
    }
    Lease own = storage.leave();
    if (own != null && enclosing != null) {
      enclosing.own(own);
    }
  }

  /** Says when and where this was closed. */
  String obituary() {
    String place =
        closedAt != null
            ? "at " + closedAt
            : "on thread "
                + stack.thread.getName()
                + ", which closes scopes so often that not every place is recorded; -D"
                + Memory.TRACE_PROPERTY
                + "=true records them all";
    return "was closed with its Scope "
        + place
        + ". What shall live longer: scope.keep(x), the result of Scope.run(() -> x), or"
        + " Scope.escape(x) where no scope is at hand, as in a module's forward.";
  }
}
