package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** From the start of a process to its first result, and the memory that it takes for that. */
final class Starts {

  static final String TITLE = "Start to first result";

  private static final String CACHED = Target.SUBJECT + ", with an AOT cache";
  private static final int LEAST_ROUNDS = 3;
  private static final double SECONDS = 0.3;
  private static final double BYTES = 90e6;

  private final Map<String, List<String>> programs = new LinkedHashMap<>();
  private final Map<String, String> environment;

  private record Found(double nanos, double peak) {}

  private Starts(Sides sides, Report report) throws InterruptedException {
    environment = sides.environment();
    for (String side : sides.names()) {
      try {
        switch (side) {
          case Target.SUBJECT -> addOwn();
          case "torch", "numpy", "numexpr" ->
              programs.put(side, Commands.python("benchmarks/python/start.py", side));
          case "DJL", "JavaCPP", "ND4J" ->
              programs.put(
                  side, Commands.peer(Path.of("benchmarks/peers", folder(side)), "PeerStart"));
          default -> {}
        }
      } catch (IOException e) {
        report.addErrors(List.of(TITLE + ", " + side + ": " + e.getMessage()));
      }
    }
  }

  private void addOwn() throws IOException, InterruptedException {
    var cache = new AotCache();
    programs.put(Target.SUBJECT, cache.without());
    programs.put(CACHED, cache.with(environment));
  }

  private static String folder(String side) {
    return side.toLowerCase(Locale.ROOT);
  }

  static void measure(Options options, Sides sides, Report report) throws InterruptedException {
    var starts = new Starts(sides, report);
    var found = new LinkedHashMap<String, List<Found>>();
    for (int round = 0; round < Math.max(LEAST_ROUNDS, options.rounds()); round++) {
      for (var program : starts.programs.entrySet()) {
        try {
          found
              .computeIfAbsent(program.getKey(), _ -> new ArrayList<>())
              .add(starts.once(program.getValue()));
        } catch (IOException e) {
          report.addErrors(List.of(TITLE + ", " + program.getKey() + ": " + e.getMessage()));
        }
      }
    }
    var lines = new ArrayList<List<String>>();
    found.forEach(
        (side, rounds) -> {
          if (!rounds.isEmpty()) {
            double nanos = Cell.median(rounds.stream().mapToDouble(Found::nanos).toArray());
            double peak = Cell.median(rounds.stream().mapToDouble(Found::peak).toArray());
            var verdict = "";
            if (side.equals(Target.SUBJECT)) {
              var time = new Judgement(TITLE, "< 0.3 s", SECONDS * 1e9 / nanos);
              var memory = new Judgement(TITLE, "< 90 MB", BYTES / peak);
              report.add(time);
              report.add(memory);
              verdict = time.text() + "; " + memory.text();
            }
            lines.add(List.of(side, Figures.time(nanos), Figures.megabytes(peak), verdict));
          }
        });
    report.add(
        new Table(
            TITLE,
            "A process that adds and multiplies 2x2 and prints: until its first line, and the most"
                + " memory it had resident. An AOT cache is what the JVM keeps of an earlier run of"
                + " the program.",
            List.of("side", "time", "peak memory", "target"),
            lines));
  }

  private Found once(List<String> command) throws IOException, InterruptedException {
    var program = Program.run(command, environment);
    return new Found(program.nanos(), Double.parseDouble(program.lines().getLast().strip()));
  }
}
