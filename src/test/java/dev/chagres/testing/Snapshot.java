package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.memory.Storage;
import dev.chagres.memory.StorageHolder;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What tensors among some values, to any depth, and their memory held at one moment. */
final class Snapshot {
  private record Seen(Layout layout, DType dtype, boolean requiresGrad, @Nullable Tensor grad) {
    static Seen of(Tensor tensor) {
      return new Seen(tensor.layout(), tensor.dtype(), tensor.requiresGrad(), tensor.grad());
    }

    boolean isStillThat(Tensor tensor) {
      return layout.equals(tensor.layout())
          && dtype == tensor.dtype()
          && requiresGrad == tensor.requiresGrad()
          && grad == tensor.grad();
    }
  }

  private final Map<Tensor, Seen> tensors = new IdentityHashMap<>();
  private final Map<Storage, byte[]> memory = new IdentityHashMap<>();

  Snapshot(@Nullable Object... values) {
    for (Object value : values) {
      note(value);
    }
  }

  private void note(@Nullable Object value) {
    switch (value) {
      case null -> {}
      case Tensor tensor -> {
        tensors.put(tensor, Seen.of(tensor));
        tensor.forEachStorage(this::note);
      }
      case StorageHolder holder -> {
        try {
          holder.forEachStorage(this::note);
        } catch (RuntimeException e) {
          // A holder of the test's own that is not right, or one with a null.
          return;
        }
      }
      case Object[] items -> {
        for (Object item : items) {
          note(item);
        }
      }
      case Collection<?> items -> items.forEach(this::note);
      case Map<?, ?> items -> items.values().forEach(this::note);
      default -> {}
    }
  }

  private void note(Storage storage) {
    byte[] bytes = bytes(storage);
    if (bytes != null) {
      memory.put(storage, bytes);
    }
  }

  private static byte @Nullable [] bytes(Storage storage) {
    MemorySegment segment;
    try {
      segment = RawMemory.of(storage);
    } catch (IllegalStateException e) {
      return null;
    }
    return segment.asSlice(0, Math.min(4096, segment.byteSize())).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Returns what is not as it was. */
  List<String> changes() {
    List<String> changes = new ArrayList<>();
    tensors.forEach(
        (tensor, seen) -> {
          if (!seen.isStillThat(tensor)) {
            changes.add("a tensor was " + seen + ", is " + Seen.of(tensor));
          }
        });
    memory.forEach(
        (storage, before) -> {
          byte[] now = bytes(storage);
          if (now == null || !java.util.Arrays.equals(before, now)) {
            changes.add("the contents of " + storage);
          }
        });
    return changes;
  }
}
