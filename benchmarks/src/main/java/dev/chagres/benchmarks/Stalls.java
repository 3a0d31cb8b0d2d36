package dev.chagres.benchmarks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Runs {@link Stall} and tells what it found. */
final class Stalls {

  static final String TITLE = "Collections during a long product";

  private Stalls() {}

  static void measure(Report report) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Commands.java(Stall.class)).redirectError(Redirect.INHERIT).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      report.addErrors(List.of(TITLE + ": ended with status " + process.exitValue()));
      return;
    }
    double[] nanos =
        Arrays.stream(text.strip().split(" ")).mapToDouble(Double::parseDouble).toArray();
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
