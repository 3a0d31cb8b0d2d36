package dev.chagres.backend.cuda;

import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What changes from one replay of a graph to the next: numbers that kernels read in the device's
 * memory, where the host writes them before each replay, and what the host itself has to do then,
 * in the order in which it would come without a graph.
 */
final class Renewals {
  private static final int PAGE_WORDS = 512;

  private final CudaDevice device;
  private final List<Runnable> actions = new ArrayList<>();
  private final List<Page> pages = new ArrayList<>();

  /** Some memory of the device, and what comes into it. */
  private static final class Page {
    final Storage storage;
    final long[] words = new long[PAGE_WORDS];
    int used;

    Page(Storage storage) {
      this.storage = storage;
      storage.escape();
    }

    long address() {
      return RawMemory.of(storage).address();
    }
  }

  Renewals(CudaDevice device) {
    this.device = device;
  }

  /** Lets something be done before each replay. */
  void add(Runnable action) {
    actions.add(action);
  }

  /** Returns where so many numbers are written before each replay. */
  long add(int count, Supplier<long[]> numbers) {
    if (pages.isEmpty() || pages.getLast().used + count > PAGE_WORDS) {
      pages.add(
          new Page(
              Capture.outside(
                  () -> Storage.allocate(device.device(), (long) PAGE_WORDS * Long.BYTES))));
    }
    Page page = pages.getLast();
    int at = page.used;
    page.used += count;
    add(() -> System.arraycopy(numbers.get(), 0, page.words, at, count));
    return page.address() + (long) at * Long.BYTES;
  }

  /** Does what is due before a replay in the current stream. */
  void run() {
    actions.forEach(Runnable::run);
    for (Page page : pages) {
      long bytes = (long) page.used * Long.BYTES;
      device.upload(MemorySegment.ofArray(page.words), page.address(), bytes);
    }
  }

  void free() {
    pages.forEach(page -> page.storage.free());
    pages.clear();
    actions.clear();
  }
}
