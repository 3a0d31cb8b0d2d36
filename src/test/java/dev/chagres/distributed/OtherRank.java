package dev.chagres.distributed;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A process of its own that comes as rank 1 of 2, waits for a word and goes without one. */
final class OtherRank {
  private static final int PATIENCE_MILLIS = 20_000;

  private OtherRank() {}

  public static void main(String[] arguments) {
    int port = Integer.parseInt(arguments[0]);
    var patience = TcpStore.Deadline.in(Duration.ofMillis(PATIENCE_MILLIS));
    TcpStore store = TcpStore.connect("localhost", port, patience);
    Rendezvous.awaitAll(store, ProcessGroup.options(1, 2).master("localhost", port), patience);
    store.set("from 1", "here");
    byte[] word = store.get("from 0", PATIENCE_MILLIS);
    if (word == null || !new String(word, StandardCharsets.UTF_8).equals("go on")) {
      System.exit(1);
    }
    TcpStore.connect("localhost", port, patience).watch("rank 1", _ -> {});
    store.set("watching", "");
    System.exit(0); // without leaving
  }
}
