package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A check whose parts hang, crash and pass: a program, whose report is looked at. It takes the
 * options of {@link Check}; its classes are those of the second part.
 */
final class Trouble {

  private static final double HANGING_SECONDS = 2;
  private static final double CLASS_SECONDS = 100;
  private static final double GRACE_SECONDS = 0.5;

  private Trouble() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Setting setting = Setting.of(args);
    Part crashing = part(setting, "crashes", CLASS_SECONDS, setting.classes());
    String hanging = "dev.chagres.testing.CheckedSample$Hanging";
    Part stuck = part(setting, "is stuck", HANGING_SECONDS, List.of(hanging));
    var begun = new CountDownLatch(1);
    List<Part> all =
        List.of(new Hanging(), crashing, stuck, new Accompanying(begun), new Passing(begun));
    new Check(setting, all, GRACE_SECONDS).report();
  }

  /** Some test classes, each for so many seconds at most. */
  private static Part part(Setting setting, String what, double seconds, List<String> classes) {
    List<String> tags = List.of("", "slow | huge");
    var runner = new Tests.Runner("dev.chagres.testing.TestWorker", tags, seconds);
    List<String> properties = List.of("-Dchagres.cuda.path=none");
    String log = what.replace(' ', '-');
    var tests = new Tests(setting, log, List.of(), properties, runner, false);
    return new TestPart(log, "What " + what, 300, () -> classes, "Of a sample.", tests, false);
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

  /** What is over only when the one behind it has begun. */
  private static final class Accompanying implements Part {
    private final CountDownLatch begun;
    private volatile String verdict = "alone";

    private Accompanying(CountDownLatch begun) {
      this.begun = begun;
    }

    @Override
    public String name() {
      return "accompanying";
    }

    @Override
    public String title() {
      return "What goes on beside";
    }

    @Override
    public double limit() {
      return 60;
    }

    @Override
    public boolean isBeside() {
      return true;
    }

    @Override
    public void run(double seconds) throws InterruptedException {
      begun.await();
      verdict = State.PASSED;
    }

    @Override
    public State state() {
      return new State(verdict, new int[3], "");
    }
  }

  /** What comes behind the others. */
  private static final class Passing implements Part {
    private final CountDownLatch begun;
    private volatile String verdict = "not begun";

    private Passing(CountDownLatch begun) {
      this.begun = begun;
    }

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
      begun.countDown();
      verdict = State.PASSED;
    }

    @Override
    public State state() {
      return new State(verdict, new int[3], "");
    }
  }
}
