package dev.chagres.backend.cuda;

import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.Lane;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way between the host's memory and a device's, in pieces through pinned memory. To the device
 * the host puts pieces on their way and goes on, unless very many of them are; from the device it
 * copies one piece while the next one comes.
 */
final class Staging {
  /** A piece on the way to the device. */
  private static final long SENT_BYTES = 4 << 20;

  /** A piece on the way to the host: small, so that both sides work at once. */
  private static final long RECEIVED_BYTES = 1 << 20;

  /** How much may be on its way before the host waits. */
  private static final long MOST_BYTES = 64 << 20;

  private final CudaDevice device;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Sent> sent = new ArrayDeque<>();
  private long sentBytes;

  /** Pinned memory that the device copies from until the mark. */
  private record Sent(Storage piece, Lane.Mark mark) {
    void end() {
      mark.await();
      mark.close();
      piece.free();
    }
  }

  Staging(CudaDevice device) {
    this.device = device;
  }

  /** Copies to the device; the source is free when this returns, the target is not there yet. */
  void upload(MemorySegment from, long to, long bytes) {
    DeviceStream stream = device.current();
    for (long at = 0; at < bytes; at += SENT_BYTES) {
      long size = Math.min(SENT_BYTES, bytes - at);
      makeRoom(size);
      Storage piece = piece(size);
      MemorySegment memory = RawMemory.of(piece);
      MemorySegment.copy(from, at, memory, 0, size);
      device.enter();
      Driver.copyToDevice(to + at, memory, size, stream.handle());
      add(new Sent(piece, stream.mark()));
    }
  }

  private static Storage piece(long bytes) {
    Storage piece = Storage.allocatePinned(bytes);
    piece.escape();
    return piece;
  }

  private void add(Sent piece) {
    lock.lock();
    try {
      sent.add(piece);
      sentBytes += piece.piece.byteSize();
    } finally {
      lock.unlock();
    }
  }

  /** Takes back what has arrived, and waits for what came first if too much is on its way. */
  private void makeRoom(long bytes) {
    lock.lock();
    try {
      while (!sent.isEmpty() && (sentBytes + bytes > MOST_BYTES || sent.getFirst().mark.isDone())) {
        Sent first = sent.removeFirst();
        sentBytes -= first.piece.byteSize();
        first.end();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Copies to the host when all work before is done, and waits for it. */
  void download(long from, MemorySegment to, long bytes) {
    DeviceStream stream = device.current();
    Storage[] pieces = new Storage[bytes > RECEIVED_BYTES ? 2 : 1];
    Arrays.setAll(pieces, i -> piece(Math.min(RECEIVED_BYTES, bytes)));
    boolean isDone = false;
    try {
      request(from, 0, bytes, pieces, stream);
      for (long at = 0; at < bytes; at += RECEIVED_BYTES) {
        long next = at + RECEIVED_BYTES;
        if (next < bytes) {
          try (Lane.Mark arrival = stream.mark()) {
            request(from, next, bytes, pieces, stream);
            arrival.await();
          }
        } else {
          stream.synchronize();
        }
        MemorySegment arrived = RawMemory.of(pieces[turn(at)]);
        MemorySegment.copy(arrived, 0, to, at, Math.min(RECEIVED_BYTES, bytes - at));
      }
      isDone = true;
    } finally {
      for (Storage piece : pieces) {
        if (!isDone) {
          stream.use(piece); // copies may be under way
        }
        piece.free();
      }
    }
  }

  private static int turn(long at) {
    return (int) (at / RECEIVED_BYTES & 1);
  }

  private void request(long from, long at, long bytes, Storage[] pieces, DeviceStream stream) {
    long size = Math.min(RECEIVED_BYTES, bytes - at);
    device.enter();
    Driver.copyToHost(RawMemory.of(pieces[turn(at)]), from + at, size, stream.handle());
  }
}
