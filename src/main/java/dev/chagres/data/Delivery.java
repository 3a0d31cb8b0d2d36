package dev.chagres.data;

import dev.chagres.core.Device;
import dev.chagres.core.Transfer;
import dev.chagres.cuda.CudaEvent;
import dev.chagres.cuda.CudaStream;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the tensors of a batch are to be: as the dataset made them, pinned, or on a device. */
final class Delivery {
  private final boolean pinned;
  private final @Nullable Device device;

  /** The stream of copies to a GPU that nobody waits for on the host. */
  private final @Nullable CudaStream copying;

  /**
   * Looks whether there is the GPU that this needs.
   *
   * @throws IllegalStateException if not, with the reason
   */
  Delivery(boolean pinned, @Nullable Device device, int workers) {
    this.pinned = pinned;
    this.device = device;
    Device gpu = device != null && device.isCuda() ? device : pinned ? Device.cuda(0) : null;
    if (gpu != null) {
      require(gpu);
    }
    copying = device != null && device.isCuda() && workers > 0 ? new CudaStream(device) : null;
  }

  private static void require(Device gpu) {
    try {
      CudaStream.defaultStream(gpu);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("DataLoader: " + e.getMessage(), e);
    }
  }

  /** What is put into a stream so far. */
  private record Mark(CudaStream stream, CudaEvent event) {
    Mark(CudaStream stream) {
      this(stream, stream.recordEvent());
    }

    /** Lets this thread's stream wait for it. */
    void await() {
      CudaStream here = CudaStream.current(stream.device());
      if (!here.equals(stream)) {
        here.waitEvent(event);
      }
    }
  }

  /** A batch that another thread is to use, before a GPU is done with it. */
  static final class Parcel {
    private final Batch batch;
    private final List<Tensor> copies;
    private final List<Mark> marks;

    private Parcel(Batch batch, List<Tensor> copies, List<Mark> marks) {
      this.batch = batch;
      this.copies = copies;
      this.marks = marks;
    }

    /** Returns the batch; this thread's streams use it after those that make it. */
    Batch open() {
      marks.forEach(Mark::await);
      return batch;
    }

    /**
     * Gives back what nobody but the loader knows; the rest is the dataset's, or the collector's.
     */
    void discard() {
      copies.forEach(copy -> copy.storage().free());
    }
  }

  /** Delivers a batch on the thread that uses it. */
  Batch here(Batch batch) {
    return new Batch(batch.tensors().stream().map(this::here).toList());
  }

  private Tensor here(Tensor x) {
    Tensor y = pinned && x.device().isCpu() ? x.pinMemory() : x;
    return device == null ? y : y.to(device, transfer());
  }

  /** What comes to the CPU is waited for. */
  private Transfer transfer() {
    return device != null && device.isCuda() ? Transfer.NON_BLOCKING : Transfer.BLOCKING;
  }

  /** Delivers a batch for another thread, ahead of its use. */
  Parcel ahead(Batch batch) {
    List<Tensor> tensors = new ArrayList<>();
    List<Tensor> copies = new ArrayList<>();
    Set<CudaStream> streams = new LinkedHashSet<>();
    for (Tensor x : batch.tensors()) {
      Tensor y;
      if (copying != null && x.device().isCpu()) {
        y = copied(x, copying);
        streams.add(copying);
      } else {
        y = here(x);
        if (y.device().isCuda()) {
          streams.add(CudaStream.current(y.device()));
        }
      }
      tensors.add(y);
      if (y != x) {
        copies.add(y);
      }
    }
    return new Parcel(new Batch(tensors), copies, streams.stream().map(Mark::new).toList());
  }

  /** Copies from pinned memory, which the pool keeps until the copy is done. */
  private static Tensor copied(Tensor x, CudaStream copying) {
    Tensor source = x.pinMemory();
    try (var _ = copying.use()) {
      return source.to(copying.device(), Transfer.NON_BLOCKING);
    } finally {
      if (source != x) {
        source.storage().free();
      }
    }
  }
}
