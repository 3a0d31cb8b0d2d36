package dev.chagres.memory;

import org.jspecify.annotations.Nullable;

/** Other threads for tests. */
final class Threads {
  private Threads() {}

  /** What a test does elsewhere. */
  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  /** Runs the body on another thread and returns what it threw, or null. */
  static @Nullable Throwable failureOf(Body body) throws InterruptedException {
    Throwable[] thrown = {null};
    Thread.ofPlatform()
        .name("other")
        .start(
            () -> {
              try {
                body.run();
              } catch (Throwable e) {
                thrown[0] = e;
              }
            })
        .join();
    return thrown[0];
  }
}
