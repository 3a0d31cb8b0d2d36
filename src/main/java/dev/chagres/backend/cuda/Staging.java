package dev.chagres.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way between the host's memory and a device's, in pieces through two buffers of pinned memory:
 * while the device copies one, the host copies the other.
 */
final class Staging {
  private static final long BUFFER_BYTES = 1 << 20;

  private final CudaDevice device;
  private final ReentrantLock lock = new ReentrantLock();
  private final MemorySegment[] buffers = new MemorySegment[2];
  private final Event[] used = new Event[2];

  /** For the device whose context is current. */
  Staging(CudaDevice device) {
    this.device = device;
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = Driver.allocatePinned(BUFFER_BYTES);
      used[i] = new Event();
    }
  }

  /** Copies to the device; the source is free when this returns, the target is not there yet. */
  void upload(MemorySegment from, long to, long bytes) {
    lock.lock();
    try {
      device.enter();
      MemorySegment stream = device.stream();
      for (long at = 0; at < bytes; at += BUFFER_BYTES) {
        int turn = (int) (at / BUFFER_BYTES & 1);
        long size = Math.min(BUFFER_BYTES, bytes - at);
        used[turn].await(); // also what an earlier call left there
        MemorySegment.copy(from, at, buffers[turn], 0, size);
        Driver.copyToDevice(to + at, buffers[turn], size, stream);
        used[turn].record(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Copies to the host when all work before is done, and waits for it. */
  void download(long from, MemorySegment to, long bytes) {
    lock.lock();
    try {
      device.enter();
      request(from, 0, bytes);
      for (long at = 0; at < bytes; at += BUFFER_BYTES) {
        int turn = (int) (at / BUFFER_BYTES & 1);
        long next = at + BUFFER_BYTES;
        if (next < bytes) {
          request(from, next, bytes);
          used[turn].await();
        } else {
          device.synchronize();
        }
        MemorySegment.copy(buffers[turn], 0, to, at, Math.min(BUFFER_BYTES, bytes - at));
      }
    } finally {
      lock.unlock();
    }
  }

  private void request(long from, long at, long bytes) {
    int turn = (int) (at / BUFFER_BYTES & 1);
    MemorySegment stream = device.stream();
    Driver.copyToHost(buffers[turn], from + at, Math.min(BUFFER_BYTES, bytes - at), stream);
    used[turn].record(stream);
  }
}
