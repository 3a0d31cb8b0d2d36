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

  /** A part of which only what it does is its own. */
  private abstract static class Simple implements Part {
    private final String name;
    private final String title;
    private final double limit;
    volatile State state;

    Simple(String name, String title, double limit, String verdict) {
      this.name = name;
      this.title = title;
      this.limit = limit;
      tell(verdict);
    }

    final void tell(String verdict) {
      state = new State(verdict, new int[3], "");
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String title() {
      return title;
    }

    @Override
    public double limit() {
      return limit;
    }

    @Override
    public State state() {
      return state;
    }
  }

  /** A part that its own limit does not end, nor being interrupted, and that leaves a process. */
  private static final class Hanging extends Simple {
    private Hanging() {
      super("hanging", "What hangs", 2, "half done");
    }

    @Override
    public void run(double seconds) {
      try {
        long pid = new ProcessBuilder("sleep", "3600").start().pid();
        state = new State("half done", new int[] {7, 0, 0}, "It had started " + pid + ".\n\n");
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
  }

  /** What is over only when the one behind it has begun. */
  private static final class Accompanying extends Simple {
    private final CountDownLatch begun;

    private Accompanying(CountDownLatch begun) {
      super("accompanying", "What goes on beside", 60, "alone");
      this.begun = begun;
    }

    @Override
    public boolean isBeside() {
      return true;
    }

    @Override
    public void run(double seconds) throws InterruptedException {
      begun.await();
      tell(State.PASSED);
    }
  }

  /** What comes behind the others. */
  private static final class Passing extends Simple {
    private final CountDownLatch begun;

    private Passing(CountDownLatch begun) {
      super("passing", "What passes", 2, "not begun");
      this.begun = begun;
    }

    @Override
    public void run(double seconds) {
      begun.countDown();
      tell(State.PASSED);
    }
  }
}
