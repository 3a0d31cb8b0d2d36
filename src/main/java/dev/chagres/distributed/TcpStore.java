package dev.chagres.distributed;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A rank's connection to the {@link StoreServer} of rank 0; one thread at a time asks. */
final class TcpStore implements AutoCloseable {
  private static final int PAUSE_MILLIS = 50;
  private static final int ATTEMPT_MILLIS = 3000;

  /** How much longer than the server an answer is waited for. */
  private static final int SLACK_MILLIS = 10_000;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  /** Whether this side ended the connection. */
  private volatile boolean left;

  private TcpStore(Socket socket) throws IOException {
    this.socket = socket;
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
  }

  /** How long to go on trying. */
  static final class Deadline {
    private final Duration whole;
    private final long end;

    private Deadline(Duration whole) {
      this.whole = whole;
      end = System.nanoTime() + whole.toNanos();
    }

    static Deadline in(Duration timeout) {
      return new Deadline(timeout);
    }

    long millisecondsLeft() {
      return Math.max(0, (end - System.nanoTime()) / 1_000_000);
    }

    /** Says how long that was: {@code 2.5 s}. */
    @Override
    public String toString() {
      double seconds = whole.toMillis() / 1000.0;
      return (seconds == Math.rint(seconds) ? Long.toString((long) seconds) : "" + seconds) + " s";
    }
  }

  /**
   * Connects, and waits until there is somebody to connect to.
   *
   * @throws IllegalStateException if there is nobody in time, or somebody else
   */
  static TcpStore connect(String host, int port, Deadline deadline) {
    IOException last = null;
    do {
      Socket socket = new Socket();
      try {
        int patience = Math.clamp(deadline.millisecondsLeft(), 1, ATTEMPT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), patience);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(ATTEMPT_MILLIS);
        return greeted(socket);
      } catch (IOException e) {
        last = e;
        close(socket);
        pause();
      }
    } while (deadline.millisecondsLeft() > 0);
    throw new IllegalStateException(
        "init: nobody answered at "
            + host
            + ":"
            + port
            + " for "
            + deadline
            + ", where rank 0 should listen ("
            + last.getMessage()
            + "); does it run, and are MASTER_ADDR and MASTER_PORT its address?",
        last);
  }

  private static TcpStore greeted(Socket socket) throws IOException {
    TcpStore store = new TcpStore(socket);
    store.out.writeInt(StoreServer.GREETING);
    store.out.flush();
    if (store.in.readInt() != StoreServer.GREETING) {
      throw new IOException("what listens there is no rank 0");
    }
    return store;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("init: interrupted while waiting for rank 0", e);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      System.getLogger(TcpStore.class.getName()).log(Level.DEBUG, "close", e);
    }
  }

  private <T extends @Nullable Object> T ask(long milliseconds, Question<T> question) {
    try {
      socket.setSoTimeout((int) Math.min(milliseconds + SLACK_MILLIS, Integer.MAX_VALUE));
      return question.ask();
    } catch (IOException e) {
      throw new UncheckedIOException("rank 0 does not answer any more: " + e.getMessage(), e);
    }
  }

  @FunctionalInterface
  private interface Question<T extends @Nullable Object> {
    T ask() throws IOException;
  }

  synchronized void set(String key, String value) {
    set(key, value.getBytes(StandardCharsets.UTF_8));
  }

  synchronized void set(String key, byte[] value) {
    ask(
        0,
        () -> {
          out.writeByte(StoreServer.SET);
          out.writeUTF(key);
          out.writeInt(value.length);
          out.write(value);
          out.flush();
          return in.readByte();
        });
  }

  /** Returns a value as soon as it is there; null if it is not in time. */
  synchronized byte @Nullable [] get(String key, long milliseconds) {
    return this.<byte @Nullable []>ask(
        milliseconds,
        () -> {
          out.writeByte(StoreServer.GET);
          out.writeUTF(key);
          out.writeLong(milliseconds);
          out.flush();
          if (in.readByte() == 0) {
            return null;
          }
          int length = in.readInt();
          if (length < 0 || length > StoreServer.LONGEST) {
            throw new IOException("a value of " + length + " bytes");
          }
          byte[] value = new byte[length];
          in.readFully(value);
          return value;
        });
  }

  /** Counts how often a name was given, this time too. */
  synchronized long add(String key) {
    return ask(
        0,
        () -> {
          out.writeByte(StoreServer.ADD);
          out.writeUTF(key);
          out.flush();
          return in.readLong();
        });
  }

  /** Returns who called something else at a place among calls, and what; null if nobody. */
  synchronized @Nullable String differing(String where, int parties, int rank, String call) {
    return this.<@Nullable String>ask(
        0,
        () -> {
          out.writeByte(StoreServer.COMPARE);
          out.writeUTF(where);
          out.writeInt(parties);
          out.writeInt(rank);
          out.writeUTF(call);
          out.flush();
          String other = in.readUTF();
          return other.isEmpty() ? null : other;
        });
  }

  /** Tells all who watch to end. */
  synchronized void abort(String reason) {
    ask(
        0,
        () -> {
          out.writeByte(StoreServer.ABORT);
          out.writeUTF(reason);
          out.flush();
          return in.readByte();
        });
  }

  /**
   * From now on this connection only listens: {@code abort} is told once why to end, if ever.
   *
   * @param who what the others are told if this process goes
   */
  void watch(String who, Consumer<String> abort) {
    ask(
        0,
        () -> {
          out.writeByte(StoreServer.WATCH);
          out.writeUTF(who);
          out.flush();
          byte heard = in.readByte();
          socket.setSoTimeout(0);
          return heard;
        });
    Thread.ofPlatform().daemon().name("chagres-watch").start(() -> listen(abort));
  }

  private void listen(Consumer<String> abort) {
    try {
      if (in.readByte() == StoreServer.ABORTED) {
        abort.accept(in.readUTF());
      }
    } catch (IOException e) {
      if (!left) {
        abort.accept("rank 0, where the ranks meet, has gone");
      }
    }
  }

  /** Ends a connection that watches, in good order. */
  void leave() {
    left = true;
    try {
      out.writeByte(StoreServer.LEAVE);
      out.flush();
    } catch (IOException e) {
      System.getLogger(TcpStore.class.getName()).log(Level.DEBUG, "leave", e);
    }
    close();
  }

  @Override
  public void close() {
    left = true;
    close(socket);
  }
}
