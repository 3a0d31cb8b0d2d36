package dev.chagres.benchmarks;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Runs {@link Stall} and tells what it found. */
final class Stalls {

  static final String TITLE = "Collections during a long product";

  private Stalls() {}

  static void measure(Report report) throws InterruptedException {
    double[] nanos;
    try {
      String line = Program.run(Commands.java(Stall.class), Map.of()).lines().getLast();
      nanos = Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
    } catch (IOException e) {
      report.addErrors(List.of(TITLE + ": " + e.getMessage()));
      return;
    }
    report.add(
        new Table(
            TITLE,
            "One thread allocates, one asks for a collection again and again, and a third"
                + " multiplies"
                + " matrices: a product takes %s. If a collection had to wait for it, the stalls would be as long."
                    .formatted(Figures.time(nanos[4])),
            List.of("", "longest stall of the allocating thread", "longest collection"),
            List.of(
                List.of("nothing else", Figures.time(nanos[0]), Figures.time(nanos[1])),
                List.of("during products", Figures.time(nanos[2]), Figures.time(nanos[3])))));
  }
}
