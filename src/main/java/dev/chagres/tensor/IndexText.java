package dev.chagres.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads numpy's own indexing text, what stands between the brackets of {@code x[:, 1]}: integers,
 * {@code start:stop:step}, {@code ...}, {@code None}, {@code newaxis} and lists of positions,
 * {@code [0, 2]}, or of flags, {@code [True, False]}, separated by commas; spaces are free, and one
 * comma may follow the last item.
 */
final class IndexText {
  private static final int CACHE_LIMIT = 256;
  private static final Map<String, List<Index>> CACHE = new ConcurrentHashMap<>();
  private static final char END = '\0';

  private final String text;
  private int at;

  private IndexText(String text) {
    this.text = text;
  }

  /**
   * Returns the items that a text names. Texts seen before are not read again.
   *
   * @throws IllegalArgumentException if the text is not such a list; says where
   */
  static List<Index> parse(String text) {
    List<Index> known = CACHE.get(text);
    if (known != null) {
      return known;
    }
    List<Index> items = List.copyOf(new IndexText(text).items());
    if (CACHE.size() >= CACHE_LIMIT) {
      CACHE.clear();
    }
    CACHE.put(text, items);
    return items;
  }

  private List<Index> items() {
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          "index: the text '" + text + "' is empty; ... names all elements");
    }
    List<Index> items = new ArrayList<>();
    while (true) {
      items.add(item());
      char next = peek();
      if (next == END) {
        return items;
      }
      expect(',');
      if (peek() == END) {
        return items;
      }
    }
  }

  private Index item() {
    char first = peek();
    if (first == '.') {
      expectWord("...");
      return Index.ellipsis();
    }
    if (first == 'N') {
      expectWord("None");
      return Index.newAxis();
    }
    if (first == 'n') {
      expectWord("newaxis");
      return Index.newAxis();
    }
    if (first == '[') {
      return list();
    }
    if (Character.isLetter(first)) {
      throw tensorsAreNoText();
    }
    OptionalLong start = first == ':' ? OptionalLong.empty() : OptionalLong.of(integer());
    return peek() == ':' ? slice(start) : Index.at(start.getAsLong());
  }

  private Index list() {
    expect('[');
    if (isFlag()) {
      return flags();
    }
    List<Long> positions = new ArrayList<>();
    while (peek() != ']') {
      if (isFlag()) {
        throw error("a list has positions or flags, not both", at);
      }
      if (peek() == '[' || Character.isLetter(peek())) {
        throw tensorsAreNoText();
      }
      positions.add(integer());
      if (peek() != ']') {
        expect(',');
      }
    }
    expect(']');
    return new Index.Each(positions);
  }

  /** Whether a word of Python's or of Java's for a flag is next. */
  private boolean isFlag() {
    char first = peek();
    return List.of("True", "False", "true", "false").stream()
        .anyMatch(word -> word.charAt(0) == first && text.startsWith(word, at));
  }

  private Index flags() {
    List<Boolean> flags = new ArrayList<>();
    while (peek() != ']') {
      if (!isFlag()) {
        throw error("a list has positions or flags, not both", at);
      }
      boolean flag = Character.toLowerCase(peek()) == 't';
      expectWord(text.substring(at, at + (flag ? 4 : 5)));
      flags.add(flag);
      if (peek() != ']') {
        expect(',');
      }
    }
    expect(']');
    return new Index.Flags(flags);
  }

  private IllegalArgumentException tensorsAreNoText() {
    return error(
        "'"
            + peek()
            + "' is not expected; masks, and positions of more than one dimension, go into"
            + " index(Index.of(tensor))",
        at);
  }

  private Index slice(OptionalLong start) {
    expect(':');
    OptionalLong stop = optional();
    long step = 1;
    if (peek() == ':') {
      expect(':');
      peek();
      int place = at;
      step = optional().orElse(1);
      if (step == 0) {
        throw error("a step may not be 0", place);
      }
    }
    return new Index.Slice(start, stop, step);
  }

  private OptionalLong optional() {
    char next = peek();
    return next == END || next == ':' || next == ','
        ? OptionalLong.empty()
        : OptionalLong.of(integer());
  }

  private long integer() {
    char sign = peek();
    int start = at;
    if (sign == '-' || sign == '+') {
      at++;
    }
    int digits = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == digits) {
      throw unexpected();
    }
    try {
      return Long.parseLong(text, start, at, 10);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          message("the number " + text.substring(start, at) + " is too large", start), e);
    }
  }

  /** Skips spaces and returns the character after them. */
  private char peek() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : END;
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw unexpected();
    }
    at++;
  }

  private void expectWord(String word) {
    for (int i = 0; i < word.length(); i++, at++) {
      if (at >= text.length() || text.charAt(at) != word.charAt(i)) {
        throw unexpected();
      }
    }
    if (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '.')) {
      throw unexpected();
    }
  }

  private IllegalArgumentException unexpected() {
    return at < text.length()
        ? error("'" + text.charAt(at) + "' is not expected", at)
        : error("more is expected", at);
  }

  private IllegalArgumentException error(String what, int place) {
    return new IllegalArgumentException(message(what, place));
  }

  private String message(String what, int place) {
    return "index: in '" + text + "', position " + place + ": " + what;
  }
}
