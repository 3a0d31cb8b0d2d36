package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Digest;
import dev.chagres.benchmarks.protocol.Name;
import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.rows.Row;
import dev.chagres.benchmarks.rows.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets the sides take turns at a row: first all do it once and are compared, then they are timed.
 */
final class Timing {

  /** How long a side may go on after its turn; the next side's begins when it has ended. */
  private static final double SETTLE_SECONDS = 10;

  private static final double RESTLESS_SECONDS = 0.1;

  /** How long torch.compile may take for what it compiles. */
  private static final double COMPILE_SECONDS = 300;

  private static final String COMPILING = "torch.compile";
  private static final double COMPILE_ROW_SECONDS = 110;
  private static final double DROP_SECONDS = 30;
  private static final double ROUNDED = 1e-4;
  private static final double TRAINED = 2e-3;
  private static final double TRAINED_ROUNDED = 2e-2;

  /** How long the row may take that was begun last. */
  private static final double LAST_SECONDS = 10;

  private final long start = System.nanoTime();
  private final Options options;
  private final List<Side> sides;
  private final List<String> errors = new ArrayList<>();
  private final Map<Side, Double> warmed = new HashMap<>();
  private final Map<Side, Set<String>> known = new HashMap<>();
  private final Set<Side> restless = new HashSet<>();

  Timing(Options options, List<Side> sides) {
    this.options = options;
    this.sides = sides;
  }

  /** Returns what went wrong: results that differ, sides that failed. */
  List<String> errors() {
    return errors;
  }

  Measured time(Row row) throws InterruptedException {
    var cells = new LinkedHashMap<String, Cell>();
    compare(row, cells);
    for (Side side : sides) {
      settle(side, row);
    }
    var rounds = new LinkedHashMap<Side, double[]>();
    for (Side side : sides) {
      if (!cells.containsKey(side.name())) {
        rounds.put(side, new double[options.rounds()]);
        warmUp(side, row, cells);
      }
    }
    for (int round = 0; round < options.rounds(); round++) {
      for (var entry : rounds.entrySet()) {
        if (!cells.containsKey(entry.getKey().name())) {
          entry.getValue()[round] = once(entry.getKey(), row, cells);
        }
      }
    }
    rounds.forEach((side, times) -> cells.putIfAbsent(side.name(), new Cell.Timed(times)));
    var memory = new LinkedHashMap<String, Double>();
    for (Side side : rounds.keySet()) {
      memory(side, row, cells).ifPresent(bytes -> memory.put(side.name(), bytes));
      drop(side);
      settle(side, row);
    }
    var inOrder = new LinkedHashMap<String, Cell>();
    sides.forEach(side -> inOrder.put(side.name(), cells.get(side.name())));
    return new Measured(row, inOrder, memory);
  }

  /** Enters the cells of those that lack the row, fail, or compute something else. */
  private void compare(Row row, Map<String, Cell> cells) throws InterruptedException {
    Digest own = null;
    for (Side side : sides) {
      try {
        Optional<String> answer = side.ask(patience(side, row), "check", nameFor(side, row));
        if (answer.isEmpty()) {
          cells.put(side.name(), new Cell.Lacking());
          continue;
        }
        var digest = Digest.parse(answer.get());
        if (side.name().equals(Target.SUBJECT)) {
          own = digest;
        } else if (own != null && !own.agrees(digest, tolerance(row))) {
          String reason = "another result: " + digest + ", Chagres has " + own;
          if (options.onGpu()) {
            // Where a GPU is lent for minutes a time beside an error is worth more than an error.
            note(side, row, reason);
          } else {
            fail(side, row, reason, cells);
            drop(side);
          }
        }
      } catch (Side.Failed e) {
        fail(side, row, e.getMessage(), cells);
      }
    }
  }

  /** Returns how much of a GPU's memory a step of training took, where a side knows. */
  private Optional<Double> memory(Side side, Row row, Map<String, Cell> cells)
      throws InterruptedException {
    if (!options.onGpu()
        || !row.name().startsWith(Service.STEP)
        || !(cells.get(side.name()) instanceof Cell.Timed)) {
      return Optional.empty();
    }
    try {
      return side.ask(DROP_SECONDS, "reserved").map(Double::parseDouble);
    } catch (Side.Failed e) {
      errors.add(row.name() + ", memory of " + side.name() + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private double patience(Side side, Row row) {
    double most = options.timeout();
    if (side.name().equals(COMPILING)) {
      most = COMPILE_SECONDS;
    } else if (row.name().contains(COMPILING)) {
      most = COMPILE_ROW_SECONDS;
    }
    // What was measured before is to be written when the time is over.
    double left = options.stop() + LAST_SECONDS - (System.nanoTime() - start) / 1e9;
    return Math.clamp(left, 1, most);
  }

  private static double tolerance(Row row) {
    if (!row.name().startsWith(Service.STEP)) {
      return ROUNDED;
    }
    boolean rounded = row.name().contains("bfloat16") || row.name().contains("tf32");
    return rounded ? TRAINED_ROUNDED : TRAINED;
  }

  private void warmUp(Side side, Row row, Map<String, Cell> cells) throws InterruptedException {
    boolean isNew =
        known.computeIfAbsent(side, _ -> new HashSet<>()).add(Name.of(row.name()).recipe());
    var rule = WarmUp.of(side, row, isNew);
    double earlier = warmed.getOrDefault(side, 0.0);
    var slices = new ArrayList<Double>();
    double seconds = 0;
    long start = System.nanoTime();
    do {
      slices.add(ask(side, row, WarmUp.SLICE, cells));
      seconds = (System.nanoTime() - start) / 1e9;
    } while (!options.rehearse()
        && !cells.containsKey(side.name())
        && !rule.isOver(slices, seconds, earlier));
    warmed.put(side, earlier + seconds);
    settle(side, row);
  }

  private double once(Side side, Row row, Map<String, Cell> cells) throws InterruptedException {
    double nanos = ask(side, row, options.seconds(), cells);
    settle(side, row);
    return nanos;
  }

  /**
   * Waits until a side no longer runs, so that the next one has the machine for itself. One that
   * did not come to rest once is not waited for as long again.
   */
  private void settle(Side side, Row row) throws InterruptedException {
    boolean known = restless.contains(side);
    if (!side.awaitIdle(known ? RESTLESS_SECONDS : SETTLE_SECONDS) && !known) {
      restless.add(side);
      String error = "%s, %s: runs on %.0f s after its turn, and beside the others from here on";
      errors.add(error.formatted(row.name(), side.name(), SETTLE_SECONDS));
    }
  }

  private double ask(Side side, Row row, double seconds, Map<String, Cell> cells)
      throws InterruptedException {
    try {
      var answer =
          side.ask(options.timeout() + seconds, "time", nameFor(side, row), "" + seconds)
              .orElseThrow(() -> new Side.Failed("no longer has the workload"));
      return Double.parseDouble(answer);
    } catch (Side.Failed e) {
      fail(side, row, e.getMessage(), cells);
      return Double.NaN;
    }
  }

  private void fail(Side side, Row row, String reason, Map<String, Cell> cells) {
    note(side, row, reason);
    cells.put(side.name(), new Cell.Failed(reason));
  }

  private void note(Side side, Row row, String reason) {
    String error = row.name() + ", " + side.name() + ": " + reason;
    System.err.println("error: " + error);
    errors.add(error);
  }

  private static void drop(Side side) throws InterruptedException {
    try {
      side.ask(DROP_SECONDS, "drop");
    } catch (Side.Failed e) {
      // It starts anew with the next row, and has nothing to drop then.
    }
  }

  /** When memory comes back is our own affair: the other sides run the plain workload. */
  private static String nameFor(Side side, Row row) {
    return side.name().equals(Target.SUBJECT)
        ? row.name()
        : row.name().replace(Service.COLLECTED, "");
  }
}
