package dev.chagres.benchmarks.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is on the class path. */
public final class Jars {

  private Jars() {}

  /** Returns the version in the name of a library's jar. */
  public static String version(String artifact) {
    Matcher jar =
        Pattern.compile("[/\\\\]" + Pattern.quote(artifact) + "-([0-9][^/\\\\:;]*?)\\.jar")
            .matcher(System.getProperty("java.class.path"));
    return jar.find() ? jar.group(1) : "of unknown version";
  }
}
