package dev.chagres.benchmarks.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * A workload's name, taken apart: {@code matmul 64x784x256, into out} is the recipe {@code matmul,
 * into out} with the sizes 64, 784 and 256.
 *
 * @param recipe the words
 * @param sizes the numbers, in their order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Name(String recipe, long[] sizes) {

  private static final String NUMBER = "[0-9]+(?:e[0-9]+)?";
  private static final Pattern SIZES =
      Pattern.compile(" (" + NUMBER + "(?:x" + NUMBER + ")*)(?=[ ,]|$)");

  public static Name of(String text) {
    Matcher matcher = SIZES.matcher(text);
    var sizes = LongStream.builder();
    while (matcher.find()) {
      for (String number : matcher.group(1).split("x")) {
        sizes.add((long) Double.parseDouble(number));
      }
    }
    return new Name(matcher.replaceAll(""), sizes.build().toArray());
  }
}
