package dev.chagres.backend.cuda;

import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One launch of a kernel: its arguments in the order of the kernel's parameters, then {@link #run}.
 *
 * <pre>{@code
 * device.launch(kernel).pointer(x).pointer(y).integer(n).run(Grid.of(blocks), Grid.of(256), 0);
 * }</pre>
 *
 * <p>A launch is put into the thread's current stream and not waited for. Memory that it uses may
 * be freed as soon as {@link #run} has returned: who gets it next uses it later in the same stream,
 * or when this one, if the memory is another stream's, has come so far.
 */
final class Launch {
  private final CudaDevice device;
  private final DeviceStream stream;
  private final Kernel kernel;
  private long[] words = new long[24];
  private int[] starts = new int[12];
  private @Nullable Object[] used = new @Nullable Object[6];
  private int count;
  private int end;
  private int users;
  private Faults.@Nullable Fault fault;
  private int faultAt;

  Launch(CudaDevice device, Kernel kernel) {
    this.device = device;
    stream = device.current();
    this.kernel = kernel;
  }

  // ---- arguments

  private int next(int size) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
    }
    if (end + size > words.length) {
      words = Arrays.copyOf(words, Math.max(2 * words.length, end + size));
    }
    starts[count++] = end;
    int at = end;
    end += size;
    return at;
  }

  private Launch word(long word) {
    int at = next(1);
    words[at] = word;
    return this;
  }

  /** Keeps memory from being collected until the launch is in the stream, and reused before. */
  private long use(Storage storage) {
    if (!storage.device().equals(device.device())) {
      throw new IllegalArgumentException(
          kernel.expression()
              + ": an operand is on "
              + storage.device()
              + ", not on "
              + device.device());
    }
    if (users == used.length) {
      used = Arrays.copyOf(used, 2 * users);
    }
    used[users++] = storage;
    RawMemory.use(storage, stream);
    return RawMemory.of(storage).address();
  }

  /** Returns the address of the element that lies first in memory, for a struct. */
  long use(Strided x) {
    long base = use(x.storage());
    return x.numel() == 0 ? base : base + x.layout().start() * x.dtype().size();
  }

  /** A pointer to the element that lies first in memory. */
  Launch pointer(Strided x) {
    return word(use(x));
  }

  /** A pointer to the element that is some elements behind the first in memory. */
  Launch pointer(Strided x, long elements) {
    return word(use(x.storage()) + (x.layout().start() + elements) * x.dtype().size());
  }

  /** A pointer, or null. */
  Launch pointerOrNull(@Nullable Strided x) {
    return x == null ? word(0) : pointer(x);
  }

  /** A pointer to the start of a storage. */
  Launch pointer(Storage storage) {
    return word(use(storage));
  }

  /** The {@code struct Space} of kernels whose blocks have so many bytes each of a storage. */
  Launch space(Storage storage, long each) {
    return struct(use(storage), each);
  }

  /** A pointer to memory that the caller keeps. */
  Launch address(long address) {
    return word(address);
  }

  /** An integer of any size, or a bool. */
  Launch integer(long value) {
    return word(value);
  }

  /** The {@code struct Divisor} of {@code base.cuh}. */
  Launch divisor(long size) {
    return struct(size, Layouts.divisor(size));
  }

  /** A {@code float}. */
  Launch float32(double value) {
    return word(Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL);
  }

  /** A {@code double}. */
  Launch float64(double value) {
    return word(Double.doubleToRawLongBits(value));
  }

  /** A struct by value, aligned to 8 bytes at most, as its bytes in words of eight. */
  Launch struct(long... value) {
    int at = next(value.length);
    System.arraycopy(value, 0, words, at, value.length);
    return this;
  }

  /** A struct by value, aligned to 8 bytes at most. */
  Launch struct(MemorySegment value) {
    int at = next((int) ((value.byteSize() + Long.BYTES - 1) / Long.BYTES));
    MemorySegment.copy(
        value, 0, MemorySegment.ofArray(words), (long) at * Long.BYTES, value.byteSize());
    return this;
  }

  /** The {@code struct Fault} of {@link Faults}: what to throw for a number that is bad. */
  Launch fault(Faults.Fault fault) {
    this.fault = fault;
    faultAt = next(2);
    return this;
  }

  // ---- running

  /** Puts a launch whose threads share out so many items into the stream. */
  void share(long items) {
    run(Grid.of(device.blocks(items)), Grid.of(CudaDevice.BLOCK), 0);
  }

  /** Puts the launch into the current stream. */
  void run(Grid grid, Grid block, int shared) {
    if (shared > 0) {
      device.enter();
      kernel.allowShared(shared);
    }
    if (fault != null) {
      words[faultAt] = stream.faultWord();
      words[faultAt + 1] = stream.note(fault);
    }
    long table = (long) count * Long.BYTES;
    try (Scratch scratch = Scratch.take(table + (long) end * Long.BYTES)) {
      MemorySegment memory = scratch.segment();
      MemorySegment.copy(words, 0, memory, ValueLayout.JAVA_LONG, table, end);
      long first = memory.address() + table;
      for (int i = 0; i < count; i++) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, i, first + (long) starts[i] * Long.BYTES);
      }
      stream.run(kernel, new Driver.Shape(grid, block, shared), memory, fault != null);
    } finally {
      Reference.reachabilityFence(used);
    }
  }

  /** Puts a launch of so many threads in blocks of 256 into the stream; at least one block. */
  void run(long threads) {
    long blocks = Math.max(1, Math.ceilDiv(threads, CudaDevice.BLOCK));
    run(Grid.of(Math.toIntExact(blocks)), Grid.of(CudaDevice.BLOCK), 0);
  }
}
