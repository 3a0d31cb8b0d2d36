import java.nio.file.attribute.FileTime;
import java.time.Instant;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/*
 * Reads the reports of a test run that began at a time and says how many cases ran, how many were skipped, and why; the
 * same of those on CUDA, which have a JVM of their own; and of the matrices within them, where one case of JUnit goes
 * through many operations, dtypes and layouts.
 *
 *   java .mvn/TestSummary.java target/surefire-reports 2026-01-31T12:00:00Z
 */
void main(String[] args) throws Exception {
  var folder = Path.of(args[0]);
  var start = FileTime.from(Instant.parse(args[1]));
  if (!Files.isDirectory(folder)) {
    IO.println("Tests: none ran.");
    return;
  }
  var all = new Count();
  var onCuda = new Count();
  var reasons = new TreeMap<String, Integer>();
  try (var reports = Files.newDirectoryStream(folder, "TEST-*.xml")) {
    for (var report : reports) {
      if (Files.getLastModifiedTime(report).compareTo(start) < 0) {
        continue; // of an earlier run
      }
      var suite = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
      var counts = report.toString().endsWith("-cuda.xml") ? List.of(all, onCuda) : List.of(all);
      var seconds = Double.parseDouble(suite.getDocumentElement().getAttribute("time"));
      counts.forEach(count -> count.seconds += seconds);
      var cases = suite.getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var skips = ((Element) cases.item(i)).getElementsByTagName("skipped");
        if (skips.getLength() == 0) {
          counts.forEach(count -> count.ran++);
        } else {
          counts.forEach(count -> count.skipped++);
          reasons.merge(reason((Element) skips.item(0)), 1, Integer::sum);
        }
      }
    }
  }
  IO.println("Tests: %s.".formatted(all));
  IO.println("  of these, on CUDA: %s".formatted(onCuda));
  reasons.forEach((reason, count) -> IO.println("  skipped %d: %s".formatted(count, reason)));
  try (var files = Files.list(folder)) {
    for (var tally :
        files
            .filter(file -> file.getFileName().toString().startsWith("TALLY-"))
            .sorted()
            .toList()) {
      if (Files.getLastModifiedTime(tally).compareTo(start) >= 0) {
        IO.print("  of these, " + Files.readString(tally));
      }
    }
  }
}

/** How many cases ran and did not, and how long that took. */
static final class Count {
  int ran;
  int skipped;
  double seconds;

  @Override
  public String toString() {
    return "%d cases ran in %.0f s, %d skipped".formatted(ran, seconds, skipped);
  }
}

/** What @Disabled says, or the text of a failed assumption. */
static String reason(Element skipped) {
  var message = skipped.getAttribute("message").strip();
  if (message.isEmpty()) {
    message = skipped.getTextContent().strip().replaceFirst("^[\\w.]+: (Assumption failed: )?", "");
  }
  return message.lines().findFirst().orElse("no reason given");
}
