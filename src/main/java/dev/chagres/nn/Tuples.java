package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Triple;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** Numbers of a layer, one for each dimension of its inputs, and how they print. */
final class Tuples {
  private Tuples() {}

  static List<Long> of(long... numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  static List<Long> of(Pair pair) {
    return List.of(pair.height(), pair.width());
  }

  static List<Long> of(Triple triple) {
    return List.of(triple.depth(), triple.height(), triple.width());
  }

  /** The numbers of an argument, which must be there. */
  static List<Long> of(String name, String what, Pair pair) {
    return of(given(name, what, pair));
  }

  /** The numbers of an argument, which must be there. */
  static List<Long> of(String name, String what, Triple triple) {
    return of(given(name, what, triple));
  }

  static Pair pair(List<Long> two) {
    return new Pair(two.get(0), two.get(1));
  }

  static Triple triple(List<Long> three) {
    return new Triple(three.get(0), three.get(1), three.get(2));
  }

  /** As Python prints them: {@code (2,)} and {@code (2, 3)}. */
  static String text(List<Long> numbers) {
    return numbers.size() == 1
        ? "(" + numbers.getFirst() + ",)"
        : numbers.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }

  /** One number where all are the same, else the text of all. */
  static String shortest(List<Long> numbers) {
    return numbers.stream().distinct().count() == 1 ? numbers.getFirst().toString() : text(numbers);
  }

  /** Checks that all are at least this, and not so great that sizes overflow. */
  static void check(String name, String what, long least, List<Long> numbers) {
    long lowest = Collections.min(numbers);
    if (lowest < least || Collections.max(numbers) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name
              + ": "
              + what
              + " "
              + (numbers.size() == 1 ? numbers.getFirst() : text(numbers))
              + (lowest < least ? " is less than " + least : " is more than 2^31 - 1"));
    }
  }
}
