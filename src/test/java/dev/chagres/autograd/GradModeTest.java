package dev.chagres.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.OnEveryDevice;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

@OnEveryDevice
class GradModeTest {
  @Test
  void switchesNest() {
    assertTrue(GradMode.isEnabled());
    try (var _ = GradMode.disable()) {
      assertFalse(GradMode.isEnabled());
      try (var _ = GradMode.enable()) {
        assertTrue(GradMode.isEnabled());
      }
      assertFalse(GradMode.isEnabled());
    }
    assertTrue(GradMode.isEnabled());
  }

  @Test
  void anyOrderOfClosingEndsWhereItBegan() {
    int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    boolean[][] expected = {
      {true, true, true},
      {true, true, true},
      {false, true, true},
      {false, false, true},
      {true, true, true},
      {true, false, true}
    };
    for (int i = 0; i < orders.length; i++) {
      GradMode[] open = {GradMode.disable(), GradMode.enable(), GradMode.disable()};
      for (int j = 0; j < 3; j++) {
        open[orders[i][j]].close();
        open[orders[i][j]].close();
        assertEquals(expected[i][j], GradMode.isEnabled(), "order " + i + ", step " + j);
      }
    }
    assertTrue(GradMode.isEnabled());
  }

  @Test
  void aSwitchThatWasForgottenEndsWithTheOneAroundIt() {
    try (var _ = GradMode.enable()) {
      GradMode forgotten = GradMode.disable();
      assertFalse(GradMode.isEnabled(), forgotten::toString);
    }
    assertTrue(GradMode.isEnabled());
  }

  @Test
  void anotherThreadCannotClose() {
    try (GradMode mode = GradMode.disable()) {
      var other = CompletableFuture.runAsync(mode::close);
      Throwable e = assertThrows(CompletionException.class, other::join).getCause();
      assertEquals(IllegalStateException.class, e.getClass());
      assertFalse(GradMode.isEnabled());
    }
    assertTrue(GradMode.isEnabled());
  }
}
