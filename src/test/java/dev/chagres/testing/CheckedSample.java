package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Writes where no memory is, as a native library may. */
  static class Crashing {
    @Test
    @SuppressWarnings("restricted")
    void crashes() {
      MemorySegment.NULL.reinterpret(8).set(ValueLayout.JAVA_INT, 0, 1);
    }
  }

  /** Does not end. */
  static class Hanging {
    @Test
    void hangs() {
      while (true) {
        Thread.onSpinWait();
      }
    }
  }

  /** As one of the kernels'. */
  @Tag("cuda")
  @Tag("kernels")
  static class Launching {
    @Test
    void launches() {}
  }

  /** A part of it can be run. */
  static class Families {
    @ParameterizedTest
    @ValueSource(strings = {"first", "second", "third"})
    void each(String family) {
      assertEquals("second", family);
    }

    @ParameterizedTest
    @ValueSource(strings = {"one: another", "two"})
    void none(String family) {
      assumeTrue(false, "none is there");
    }
  }

  /** Ends its process. */
  static class Ending {
    @Test
    void ends() {
      Runtime.getRuntime().halt(3);
    }
  }
}
