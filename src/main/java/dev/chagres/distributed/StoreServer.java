package dev.chagres.distributed;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What ranks of several processes find each other by: names with bytes, kept in memory and served
 * over TCP to whoever comes. It also tells all who watch when one of them has gone, or gives up.
 */
final class StoreServer implements AutoCloseable {
  static final int GREETING = 0x43686731;
  static final int SET = 1;
  static final int GET = 2;
  static final int ADD = 3;
  static final int ABORT = 4;
  static final int WATCH = 5;

  /** What a watcher says before it goes. */
  static final int LEAVE = 6;

  /** What watchers hear: a reason to end, or that nothing will come any more. */
  static final int ABORTED = 7;

  static final int OVER = 8;

  /** Asks whether others call the same. */
  static final int COMPARE = 9;

  /** No value is longer; an id of NCCL has 128 bytes. */
  static final int LONGEST = 1 << 16;

  private static final int BACKLOG = 1024;

  private final ServerSocket listening;
  private final Map<String, byte[]> values = new HashMap<>();
  private final List<Socket> connections = new ArrayList<>();
  private final List<DataOutputStream> watchers = new ArrayList<>();
  private final Agreement agreement = new Agreement();
  private @Nullable String aborted;
  private boolean closed;

  private StoreServer(ServerSocket listening) {
    this.listening = listening;
  }

  /**
   * Listens at a port of all addresses of this machine; 0 is any that is free.
   *
   * @throws IllegalStateException if the port is not free
   */
  static StoreServer open(int port) {
    try {
      ServerSocket listening = new ServerSocket();
      listening.setReuseAddress(true);
      listening.bind(new InetSocketAddress(port), BACKLOG);
      StoreServer server = new StoreServer(listening);
      Thread.ofVirtual().name("chagres-store").start(server::accept);
      return server;
    } catch (IOException e) {
      throw new IllegalStateException(
          "init: rank 0 cannot listen at port " + port + ": " + e.getMessage(), e);
    }
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listening.accept();
        if (!keep(socket)) {
          return;
        }
        Thread.ofVirtual().name("chagres-store-connection").start(() -> serve(socket));
      } catch (IOException e) {
        return; // it was closed
      }
    }
  }

  private synchronized boolean keep(Socket socket) throws IOException {
    if (closed) {
      socket.close();
      return false;
    }
    connections.add(socket);
    return true;
  }

  private void serve(Socket socket) {
    try (socket;
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(socket.getOutputStream())) {
      socket.setTcpNoDelay(true);
      if (in.readInt() != GREETING) {
        return;
      }
      out.writeInt(GREETING);
      while (answer(in, out)) {
        out.flush();
      }
    } catch (IOException e) {
      // who asked has gone, or the server has ended
      System.getLogger(StoreServer.class.getName()).log(Level.DEBUG, "a connection ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (this) {
        connections.remove(socket);
      }
    }
  }

  private boolean answer(DataInputStream in, DataOutputStream out)
      throws IOException, InterruptedException {
    int request = in.read();
    switch (request) {
      case SET -> {
        String key = in.readUTF();
        byte[] value = new byte[length(in.readInt())];
        in.readFully(value);
        set(key, value);
        out.writeByte(1);
      }
      case GET -> {
        byte[] value = get(in.readUTF(), in.readLong());
        out.writeByte(value == null ? 0 : 1);
        if (value != null) {
          out.writeInt(value.length);
          out.write(value);
        }
      }
      case ADD -> out.writeLong(add(in.readUTF()));
      case COMPARE -> {
        String other = agreement.differing(in.readUTF(), in.readInt(), in.readInt(), in.readUTF());
        out.writeUTF(other == null ? "" : other);
      }
      case ABORT -> {
        abort(in.readUTF());
        out.writeByte(1);
      }
      case WATCH -> {
        watch(in.readUTF(), in, out);
        return false;
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static int length(int length) throws IOException {
    if (length < 0 || length > LONGEST) {
      throw new IOException("a value of " + length + " bytes");
    }
    return length;
  }

  private synchronized void set(String key, byte[] value) {
    values.put(key, value);
    notifyAll();
  }

  private synchronized byte @Nullable [] get(String key, long milliseconds)
      throws InterruptedException {
    long end = System.nanoTime() + milliseconds * 1_000_000;
    byte[] value = values.get(key);
    long left = milliseconds;
    while (value == null && left > 0 && !closed) {
      wait(left);
      value = values.get(key);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    return value;
  }

  /** Counts how often a name was given. */
  private synchronized long add(String key) {
    byte[] before = values.get(key);
    byte count = (byte) (before == null ? 1 : Math.min(before[0] + 1, Byte.MAX_VALUE));
    set(key, new byte[] {count});
    return count;
  }

  private void watch(String who, DataInputStream in, DataOutputStream out) throws IOException {
    synchronized (this) {
      out.writeByte(WATCH); // from here on it hears of all
      out.flush();
      String reason = aborted;
      if (reason != null) {
        tell(out, reason);
      }
      watchers.add(out);
    }
    boolean left = false;
    try {
      left = in.read() == LEAVE;
    } catch (EOFException | SocketException e) {
      left = false;
    } finally {
      boolean over;
      synchronized (this) {
        watchers.remove(out);
        over = closed;
      }
      if (!left && !over) {
        abort(who + " has gone without closing its process group");
      }
    }
  }

  private synchronized void abort(String reason) {
    if (aborted == null) {
      aborted = reason;
      for (DataOutputStream watcher : watchers) {
        tell(watcher, reason);
      }
    }
  }

  private static void tell(DataOutputStream watcher, String reason) {
    try {
      watcher.writeByte(ABORTED);
      watcher.writeUTF(reason);
      watcher.flush();
    } catch (IOException e) {
      // it has gone, and need not be told
      System.getLogger(StoreServer.class.getName()).log(Level.DEBUG, "a watcher has gone", e);
    }
  }

  /** Ends; who watches hears that there is no more to come. */
  @Override
  public void close() {
    List<Socket> open;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      notifyAll();
      for (DataOutputStream watcher : watchers) {
        try {
          watcher.writeByte(OVER);
          watcher.flush();
        } catch (IOException e) {
          System.getLogger(StoreServer.class.getName()).log(Level.DEBUG, "a watcher has gone", e);
        }
      }
      open = List.copyOf(connections);
    }
    try {
      listening.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("close: the store of rank 0", e);
    }
  }
}
