import java.nio.file.attribute.FileTime;
import java.time.Instant;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/*
 * Reads the reports of a test run that began at a time and says how many cases ran, how many were skipped, and why; and
 * the same of the matrices within them, where one case of JUnit goes through many operations, dtypes and layouts.
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
  int ran = 0;
  int skipped = 0;
  double seconds = 0;
  var reasons = new TreeMap<String, Integer>();
  try (var reports = Files.newDirectoryStream(folder, "TEST-*.xml")) {
    for (var report : reports) {
      if (Files.getLastModifiedTime(report).compareTo(start) < 0) {
        continue; // of an earlier run
      }
      var suite = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(report.toFile());
      seconds += Double.parseDouble(suite.getDocumentElement().getAttribute("time"));
      var cases = suite.getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var skips = ((Element) cases.item(i)).getElementsByTagName("skipped");
        if (skips.getLength() == 0) {
          ran++;
        } else {
          skipped++;
          reasons.merge(reason((Element) skips.item(0)), 1, Integer::sum);
        }
      }
    }
  }
  IO.println("Tests: %d cases ran in %.0f s, %d skipped.".formatted(ran, seconds, skipped));
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

/** What @Disabled says, or the text of a failed assumption. */
static String reason(Element skipped) {
  var message = skipped.getAttribute("message").strip();
  if (message.isEmpty()) {
    message = skipped.getTextContent().strip().replaceFirst("^[\\w.]+: (Assumption failed: )?", "");
  }
  return message.lines().findFirst().orElse("no reason given");
}
