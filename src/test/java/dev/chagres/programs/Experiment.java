package dev.chagres.programs;

import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.programs.Program.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the programs of lists of steps. One that fails is made shorter for as long as it fails, and
 * printed.
 *
 * @param last what is done with a program after its steps
 */
record Experiment(Numbers numbers, Consumer<Program> last) {
  /** The program as far as it came, and what ended it. */
  private record Failure(String program, Throwable cause) {}

  /** Returns how many calls the program made. */
  int check(List<Long> steps) {
    Program program = new Program(numbers);
    Failure failure = run(program, steps);
    if (failure != null) {
      Failure shortest = shrunk(steps, failure);
      fail(shortest.program, shortest.cause);
    }
    return program.calls();
  }

  private @Nullable Failure run(Program program, List<Long> steps) {
    try {
      steps.forEach(program::step);
      last.accept(program);
      return null;
    } catch (RuntimeException | AssertionError e) {
      return new Failure("the program of the steps " + steps + "\n" + program, e);
    } finally {
      program.close();
    }
  }

  /** Leaves steps out, many at first; the others choose anew from the tensors there are then. */
  private Failure shrunk(List<Long> steps, Failure failure) {
    List<Long> left = steps;
    Failure shortest = failure;
    for (int part = left.size() / 2; part > 0; part /= 2) {
      for (int start = 0; start < left.size(); ) {
        List<Long> fewer = new ArrayList<>(left);
        fewer.subList(start, Math.min(start + part, left.size())).clear();
        Failure still = run(new Program(numbers), fewer);
        if (still == null) {
          start += part;
        } else {
          left = fewer;
          shortest = still;
        }
      }
    }
    return shortest;
  }
}
