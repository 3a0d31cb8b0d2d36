package dev.chagres.distributed;

import dev.chagres.backend.cuda.CudaException;
import dev.chagres.backend.cuda.Nccl;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How ranks of several processes come together: rank 0 serves a store, all say there that they have
 * come, and rank 0 leaves NCCL's id for the others.
 */
final class Rendezvous {
  private Rendezvous() {}

  /** What a rank has open while it belongs to the others. */
  private record Doors(
      @Nullable StoreServer server,
      TcpStore store,
      TcpStore watch,
      ProcessGroup.Options.Calls calls)
      implements Contact {
    void leave() {
      watch.leave();
      store.close();
      if (server != null) {
        server.close();
      }
    }

    /** Who has gone need not be told. */
    @Override
    public void abort(String reason) {
      try {
        store.abort(reason);
      } catch (UncheckedIOException e) {
        System.getLogger(Rendezvous.class.getName()).log(Level.DEBUG, "abort", e);
      }
    }

    @Override
    public void tell(int rank, String latest) {
      store.set("latest " + rank, latest);
    }

    @Override
    public @Nullable String latest(int rank) {
      byte[] told = store.get("latest " + rank, 0);
      return told == null ? null : new String(told, StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable String differing(String where, int parties, int rank, String call) {
      return calls == ProcessGroup.Options.Calls.COMPARED
          ? store.differing(where, parties, rank, call)
          : null;
    }
  }

  static ProcessGroup init(ProcessGroup.Options options) {
    return init(options, options.rank() == 0 ? StoreServer.open(options.master().getPort()) : null);
  }

  /** With the server of rank 0, which the group closes. */
  static ProcessGroup init(ProcessGroup.Options options, @Nullable StoreServer server) {
    TcpStore.Deadline deadline = TcpStore.Deadline.in(options.timeout());
    try {
      return meet(options, server, deadline);
    } catch (RuntimeException e) {
      if (server != null) {
        server.close();
      }
      throw e;
    }
  }

  private static ProcessGroup meet(
      ProcessGroup.Options options, @Nullable StoreServer server, TcpStore.Deadline deadline) {
    String host = options.master().getHostString();
    int port = server == null ? options.master().getPort() : server.port();
    TcpStore store = TcpStore.connect(host, port, deadline);
    TcpStore watch = null;
    try {
      awaitAll(store, options, deadline);
      watch = TcpStore.connect(host, port, deadline);
      Doors doors = new Doors(server, store, watch, options.calls());
      Clique clique = new Clique(options.worldSize(), options.timeout(), doors);
      watch.watch("rank " + options.rank(), clique::abort);
      Nccl nccl = join(store, options, deadline);
      return new ProcessGroup(nccl, options.worldSize(), options.device(), clique, doors::leave);
    } catch (UncheckedIOException e) {
      close(store, watch);
      throw new IllegalStateException("init: " + e.getMessage(), e);
    } catch (CudaException e) {
      close(store, watch);
      throw new IllegalStateException("init: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(store, watch);
      throw e;
    }
  }

  private static void close(TcpStore store, @Nullable TcpStore watch) {
    store.close();
    if (watch != null) {
      watch.close();
    }
  }

  /** Says that this rank has come, and waits for the others. */
  static void awaitAll(TcpStore store, ProcessGroup.Options options, TcpStore.Deadline deadline) {
    int rank = options.rank();
    int worldSize = options.worldSize();
    if (store.add("rank " + rank) > 1) {
      throw new IllegalStateException("init: there are two ranks " + rank);
    }
    if (rank == 0) {
      store.set("size", Integer.toString(worldSize));
    }
    byte[] size = store.get("size", deadline.millisecondsLeft());
    List<String> missing = new ArrayList<>();
    if (size == null) {
      missing.add("0");
    } else if (!new String(size, StandardCharsets.UTF_8).equals(Integer.toString(worldSize))) {
      throw new IllegalStateException(
          "init: rank 0 is one of %s ranks, and rank %d one of %d"
              .formatted(new String(size, StandardCharsets.UTF_8), rank, worldSize));
    }
    for (int other = 0; other < worldSize && size != null; other++) {
      if (store.get("rank " + other, deadline.millisecondsLeft()) == null) {
        missing.add(Integer.toString(other));
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "init: %s %s of %d did not come to %s:%d within %s"
              .formatted(
                  missing.size() == 1 ? "rank" : "ranks",
                  String.join(", ", missing),
                  worldSize,
                  options.master().getHostString(),
                  options.master().getPort(),
                  deadline));
    }
  }

  private static Nccl join(
      TcpStore store, ProcessGroup.Options options, TcpStore.Deadline deadline) {
    if (options.rank() == 0) {
      Nccl.Id id = Nccl.id();
      store.set("id", id.bytes());
      return Nccl.join(id, options.worldSize(), 0, options.device());
    }
    byte[] id = store.get("id", deadline.millisecondsLeft());
    if (id == null) {
      throw new IllegalStateException("init: rank 0 left no id within " + deadline);
    }
    return Nccl.join(Nccl.Id.of(id), options.worldSize(), options.rank(), options.device());
  }
}
