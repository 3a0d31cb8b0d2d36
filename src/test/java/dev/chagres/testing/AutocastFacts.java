package dev.chagres.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What PyTorch chooses and computes under autocast: autocast.txt, made by golden_autocast.py. */
public final class AutocastFacts {
  private static final Path FILE = Path.of("src", "test", "resources", "golden", "autocast.txt");

  private AutocastFacts() {}

  /** The lines that begin with a word, without it. */
  public static List<String> lines(String word) {
    try (var lines = Files.lines(FILE)) {
      return lines
          .filter(line -> line.startsWith(word + " "))
          .map(line -> line.substring(word.length() + 1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The numbers of a quantity. */
  public static double[] numbers(String quantity) {
    return Arrays.stream(lines(quantity + ":").getFirst().split(" "))
        .mapToDouble(word -> word.equals("inf") ? Double.POSITIVE_INFINITY : number(word))
        .toArray();
  }

  private static double number(String word) {
    return word.equals("nan") ? Double.NaN : Double.parseDouble(word);
  }
}
