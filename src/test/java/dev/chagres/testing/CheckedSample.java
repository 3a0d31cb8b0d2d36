package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** What can come of a test, for the test of what runs and reports them; no test by its name. */
class CheckedSample {
  @Test
  void passes() {}

  @Test
  void fails() {
    System.out.println("end\t7\t7\t7");
    fail("it has a \\, a\ttab,\nand a line");
  }

  @Test
  @Disabled("it is told not to")
  void skipped() {}

  @Test
  void notAssumed() {
    assumeTrue(false, "something is missing");
  }

  /** Ends its process. */
  static class Ending {
    @Test
    void ends() {
      Runtime.getRuntime().halt(3);
    }
  }
}
