package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A check whose parts hang, crash and pass: a program, whose report is looked at. It takes the
 * options of {@link Check}; its classes are those of the second part.
 */
final class Trouble {

  private static final double CLASS_SECONDS = 8;
  private static final double GRACE_SECONDS = 0.5;

  private Trouble() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Setting setting = Setting.of(args);
    var tests =
        new Tests(
            setting,
            "trouble",
            List.of(),
            List.of("-Dchagres.cuda.path=none"),
            new Tests.Runner(
                "dev.chagres.testing.TestWorker", List.of("", "slow | huge"), CLASS_SECONDS),
            false);
    var crashing =
        new TestPart("crashing", "What crashes", 300, setting::classes, "Of a sample.", tests);
    new Check(setting, List.of(new Hanging(), crashing, new Passing()), GRACE_SECONDS).report();
  }

  /** A part that its own limit does not end, nor being interrupted, and that leaves a process. */
  private static final class Hanging implements Part {
    private volatile String found = "";

    @Override
    public String name() {
      return "hanging";
    }

    @Override
    public String title() {
      return "What hangs";
    }

    @Override
    public double limit() {
      return 2;
    }

    @Override
    public void run(double seconds) {
      try {
        found = "It had started " + new ProcessBuilder("sleep", "3600").start().pid() + ".";
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      while (true) {
        try {
          Thread.sleep(1000);
        } catch (InterruptedException e) {
          // As a call of a driver that does not come back.
        }
      }
    }

    @Override
    public State state() {
      return new State("half done", new int[] {7, 0, 0}, found + "\n\n");
    }
  }

  /** What comes behind the others. */
  private static final class Passing implements Part {
    private volatile String verdict = "not begun";

    @Override
    public String name() {
      return "passing";
    }

    @Override
    public String title() {
      return "What passes";
    }

    @Override
    public double limit() {
      return 2;
    }

    @Override
    public void run(double seconds) {
      verdict = State.PASSED;
    }

    @Override
    public State state() {
      return new State(verdict, new int[3], "");
    }
  }
}
