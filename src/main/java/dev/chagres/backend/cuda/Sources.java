package dev.chagres.backend.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sources of kernels, which are resources of this package.
 *
 * @param name of the main file
 * @param headers all files that it includes, and that those include, by name
 */
record Sources(String name, String text, Map<String, String> headers) {
  private static final String FOLDER = "source/";
  private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#\\s*include\\s+\"([^\"]+)\"");

  /** Finds a file and all that it includes by names in quotes. */
  static Sources of(String name) {
    return of(name, read(name));
  }

  /** Finds what a text includes that is no resource itself. */
  static Sources of(String name, String text) {
    Map<String, String> headers = new TreeMap<>();
    collect(text, headers);
    return new Sources(name, text, headers);
  }

  private static void collect(String text, Map<String, String> headers) {
    Matcher includes = INCLUDE.matcher(text);
    while (includes.find()) {
      String header = includes.group(1);
      if (!headers.containsKey(header)) {
        String body = read(header);
        headers.put(header, body);
        collect(body, headers);
      }
    }
  }

  private static String read(String name) {
    try (InputStream in = Sources.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException("this build has no kernel source " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the kernel source " + name + " cannot be read", e);
    }
  }
}
