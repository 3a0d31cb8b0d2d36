package dev.chagres.tensor;

import dev.chagres.autograd.Algebra;
import dev.chagres.autograd.Backward;
import dev.chagres.memory.Scope;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one backward pass. What its rules compute belongs to a scope of the pass and is
 * given back as soon as the engine has no more use for it, at the latest at the end; what leaves
 * stays: gradients of leaves, results of {@link Autograd#grad}, whatever a hook has seen. A pass
 * that is itself recorded owns nothing.
 */
final class GradientMemory implements Algebra<Tensor>, AutoCloseable {
  private final @Nullable Scope scope;

  /** Rules compute in the dtypes of forward. */
  private final @Nullable Autocast asGiven = Autocast.suspend();

  private GradientMemory(@Nullable Scope scope) {
    this.scope = scope;
  }

  static GradientMemory open(List<Backward.Option> options) {
    return new GradientMemory(options.contains(Backward.Option.CREATE_GRAPH) ? null : Scope.open());
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    boolean reusable =
        scope != null && isExclusive(a) && a.shape().equals(b.shape()) && a.dtype() == b.dtype();
    return reusable ? a.add_(b) : a.add(b);
  }

  @Override
  public boolean hasNaN(Tensor gradient) {
    try (Scope _ = Scope.open()) {
      return gradient.detach().isnan().any().item() != 0;
    }
  }

  @Override
  public void held(Tensor gradient) {
    RawMemory.claim(gradient.storage());
  }

  @Override
  public void dropped(Tensor gradient) {
    Storage storage = gradient.storage();
    if (RawMemory.unclaim(storage) == 0 && scope != null && RawMemory.owns(scope, storage)) {
      storage.free();
    }
  }

  @Override
  public void outside(List<@Nullable Tensor> shown, Runnable code) {
    for (Tensor gradient : shown) {
      if (gradient != null) {
        release(gradient);
      }
    }
    if (scope == null) {
      code.run();
    } else {
      RawMemory.suspend(scope, code);
    }
  }

  /** Lets a result outlive the pass: it goes to the caller's scope. */
  void release(Tensor result) {
    if (scope != null && RawMemory.owns(scope, result.storage())) {
      var kept = scope.keep(result.storage());
      assert kept == result.storage();
    }
  }

  /**
   * Lets a result of a pass inside another go to that one as if one of its own rules had made it.
   */
  void handOver(Tensor result) {
    release(result);
    RawMemory.unclaim(result.storage());
  }

  /**
   * Whether this pass made the elements, the engine counts on them at one place only, and they are
   * all that the storage holds.
   */
  static boolean isExclusive(Tensor gradient) {
    Storage storage = gradient.storage();
    return RawMemory.claims(storage) <= 1
        && RawMemory.innermostOwns(storage)
        && gradient.layout().isGapless()
        && storage.byteSize() == gradient.numel() * gradient.dtype().size();
  }

  @Override
  public void close() {
    if (asGiven != null) {
      asGiven.close();
    }
    if (scope != null) {
      scope.close();
    }
  }
}
