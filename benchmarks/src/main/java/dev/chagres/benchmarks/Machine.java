package dev.chagres.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Where and how the figures were measured. */
final class Machine {

  private Machine() {}

  static String header(Options options, Sides sides, Map<String, List<String>> leftOut) {
    var text = new StringBuilder();
    text.append(options.onGpu() ? onGpu(options) : onCpu(options));
    text.append("- ").append(LocalDate.now()).append(", ").append(processor()).append(", ");
    text.append(Runtime.getRuntime().availableProcessors()).append(" processors, ");
    text.append(memory()).append(" of memory, Linux ").append(System.getProperty("os.version"));
    text.append("\n- Java ").append(Runtime.version()).append(", ");
    text.append(System.getProperty("java.vm.name")).append(", with its defaults\n- Allocators: ");
    text.append("Chagres' own pool; the others their libraries' on ").append(allocator());
    text.append("; huge pages: ").append(hugePages()).append('\n');
    for (var side : sides.all()) {
      text.append("- ").append(side.name()).append(": ").append(side.version()).append('\n');
    }
    for (String reason : sides.missing()) {
      text.append("- **missing** ").append(reason).append('\n');
    }
    leftOut.forEach(
        (reason, rows) -> {
          text.append("- left out, ").append(reason).append(": ");
          text.append(String.join("; ", rows)).append('\n');
        });
    text.append("- Environment of all: `").append(environment(sides.environment()));
    if (options.onGpu()) {
      return text.append("`\n- `Compare ").append(options.line()).append("`\n").toString();
    }
    text.append("`\n- `mvn -q -f benchmarks/pom.xml ").append(sides.hasPeers() ? "-Ppeers " : "");
    text.append("compile exec:exec");
    text.append(options.line().isEmpty() ? "" : " -Dargs=\"" + options.line() + "\"");
    return text.append("`\n").toString();
  }

  private static String onGpu(Options options) {
    return "Medians of %d rounds of %s s each, all sides in turns in one run on %s, float32. "
            .formatted(options.rounds(), options.seconds(), options.device())
        + "A round's figure is the median of some twenty batches of calls; at the end of a batch a"
        + " side waits until the GPU has done them all, and so a figure is what a call takes in a"
        + " loop that runs on: the GPU's time where that is longer, the program's own where it is"
        + " not. In brackets, how many times faster Chagres is (median of the rounds' ratios);"
        + " ~ marks a figure whose rounds lie more than %.0f %% apart. "
            .formatted(100 * Cell.Timed.SPREAD)
        + "Every result is a fresh tensor unless the name says otherwise; C's goes to the same"
        + " memory at each call. Before a row is timed, every side's result is compared with that"
        + " of Chagres.\n\n"
        + WarmUp.text()
        + "\n\n";
  }

  private static String onCpu(Options options) {
    var text = new StringBuilder();
    text.append("Medians of %d rounds of %s s each".formatted(options.rounds(), options.seconds()));
    text.append(", all sides in turns in one run, %d threads each".formatted(options.threads()));
    text.append(", float32. In brackets, how many times faster Chagres is (median of the rounds'");
    text.append(
        " ratios); ~ marks a figure whose rounds lie more than %.0f %% apart. "
            .formatted(100 * Cell.Timed.SPREAD));
    text.append("Every result is a fresh tensor unless the name says otherwise; up to a hundred");
    text.append(" small ones share a scope. C's are new from malloc and freed by the next call.");
    text.append(" Before a row is timed, every side's result is compared with that of Chagres.");
    text.append(" A turn begins when no thread of the side before it runs any more: OpenBLAS's");
    text.append(" spin for a tenth of a second after their work.");
    text.append("\n\n").append(WarmUp.text());
    text.append(" A side is one process for all rows, in the order of the tables. A JVM has then");
    text.append(" met many kinds of operations at the same places of its code and no longer takes");
    text.append(" one for granted, as in a large program; what a call costs in a process that");
    text.append(" makes no other stands in JMH's table.\n\n");
    return text.toString();
  }

  private static String environment(Map<String, String> variables) {
    var words = new TreeMap<>(variables).entrySet().stream();
    return String.join(" ", words.map(Map.Entry::toString).toList());
  }

  private static String processor() {
    return field("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch"));
  }

  private static String memory() {
    return field("/proc/meminfo", "MemTotal")
        .map(text -> "%.0f GB".formatted(Long.parseLong(text.replaceAll("[^0-9]", "")) / 1e6))
        .orElse("an unknown amount");
  }

  /** Returns how many bytes could be had now. */
  static double available() {
    return field("/proc/meminfo", "MemAvailable")
        .map(text -> 1024 * Double.parseDouble(text.replaceAll("[^0-9]", "")))
        .orElse(Double.MAX_VALUE);
  }

  private static String allocator() {
    String preloaded = System.getenv().getOrDefault("LD_PRELOAD", "");
    return preloaded.isEmpty() ? "the C library's malloc" : preloaded;
  }

  private static String hugePages() {
    try {
      return Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"))
          .replaceAll("(?s).*\\[(\\w+)].*", "$1");
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static Optional<String> field(String file, String name) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip());
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }
}
