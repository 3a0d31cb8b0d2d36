package dev.chagres.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aLineFillsTheWidthAndNamesEverything() {
    var progress = Progress.range(0, 5).to(stream).label("epoch 1");
    var iterator = progress.iterator();
    for (int i = 0; i < 3; i++) {
      iterator.next();
    }
    progress.note("loss %.2f", 0.5);
    String line = progress.line(4_000_000_000L, 80);
    assertEquals(80, line.length());
    assertTrue(line.startsWith("epoch 1:  40%|██"), line);
    assertTrue(line.endsWith("| 2/5 [00:04<00:06, 2.00s/it, loss 0.50]"), line);
    assertEquals(
        "epoch 1:  40% 2/5 [00:04<00:06,",
        progress.line(4_000_000_000L, 31), "too narrow for a bar");
  }

  @Test
  void timesAndRatesAreReadable() {
    var progress = Progress.of(List.of(1, 2, 3)).to(stream);
    assertEquals("  0%|", progress.line(0, 60).substring(0, 5));
    assertTrue(progress.line(0, 60).endsWith("0/3 [00:00<?, ?it/s]"));
    var iterator = progress.iterator();
    iterator.next();
    iterator.next();
    assertTrue(
        progress.line(3_723_000_000_000L, 80).contains("[1:02:03<2:04:06, 3723.00s/it]"),
        progress.line(3_723_000_000_000L, 80));
    assertTrue(progress.line(10_000_000L, 80).contains("100.00it/s"));
  }

  @Test
  void withoutATerminalOneLineIsPrinted() {
    int sum = 0;
    for (int i : Progress.range(0, 1000).to(stream)) {
      sum += i;
    }
    assertEquals(499500, sum);
    assertEquals(1, printed().lines().count(), printed());
    assertTrue(printed().startsWith("100%|"), printed());
    assertTrue(printed().contains("1000/1000"), printed());
  }

  @Test
  void aTransientOneLeavesNothing() {
    for (int i : Progress.range(0, 3).to(stream).temporary()) {
      assertTrue(i < 3);
    }
    assertEquals("", printed());
    for (int i : Progress.range(0, 3).to(stream).asTerminal(40).temporary()) {
      assertTrue(i < 3);
    }
    String[] drawn = printed().split("\r");
    assertTrue(drawn[drawn.length - 1].isBlank(), printed());
  }

  @Test
  void aTerminalIsNotFlooded() {
    for (int i : Progress.range(0, 100_000).to(stream).asTerminal(60)) {
      assertTrue(i >= 0);
    }
    String[] drawn = printed().split("\r");
    assertTrue(drawn.length < 200, drawn.length + " drawings");
    assertTrue(drawn[drawn.length - 1].stripTrailing().length() <= 60);
    assertTrue(drawn[drawn.length - 1].contains("100000/100000"), drawn[drawn.length - 1]);
    assertTrue(printed().endsWith(System.lineSeparator()));
  }

  @Test
  void outsideOfTheLoopANoteDrawsNothing() {
    var progress = Progress.range(0, 2).to(stream).asTerminal(60);
    progress.note("before");
    assertEquals("", printed());
    for (int i : progress) {
      progress.note("i %d", i);
    }
    String whole = printed();
    assertTrue(whole.endsWith(", i 1]" + System.lineSeparator()), whole);
    progress.note("behind");
    assertEquals(whole, printed());
  }

  @Test
  void anUnknownNumberIsCounted() {
    Iterable<Integer> numbers = () -> List.of(1, 2, 3).iterator();
    for (int i : Progress.of(numbers).to(stream)) {
      assertTrue(i > 0);
    }
    assertTrue(printed().startsWith("3it ["), printed());
    assertEquals(0, Progress.of(List.of()).to(stream).iterator().hasNext() ? 1 : 0);
  }
}
