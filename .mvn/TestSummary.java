import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/*
 * Reads the reports of the test run and says how many cases ran, how many were skipped, and why.
 *
 *   java .mvn/TestSummary.java target/surefire-reports
 */
void main(String[] args) throws Exception {
  if (!Files.isDirectory(Path.of(args[0]))) {
    IO.println("Tests: none ran.");
    return;
  }
  int ran = 0;
  int skipped = 0;
  double seconds = 0;
  var reasons = new TreeMap<String, Integer>();
  try (var reports = Files.newDirectoryStream(Path.of(args[0]), "TEST-*.xml")) {
    for (var report : reports) {
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
}

/** What @Disabled says, or the text of a failed assumption. */
static String reason(Element skipped) {
  var message = skipped.getAttribute("message").strip();
  if (message.isEmpty()) {
    message = skipped.getTextContent().strip().replaceFirst("^[\\w.]+: (Assumption failed: )?", "");
  }
  return message.lines().findFirst().orElse("no reason given");
}
