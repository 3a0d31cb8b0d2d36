package dev.chagres.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The native libraries that the build put beside these classes, for one platform: {@code
 * native/<os>-<arch>/}, listed in its {@code files.txt} with a line {@code name sha256 size} for
 * each.
 */
final class NativeBundle {
  /** One library file. */
  record Entry(String name, String sha256, long size) {}

  private final String folder;
  private final List<Entry> entries;
  private final @Nullable Path place;

  private NativeBundle(String folder, List<Entry> entries, @Nullable Path place) {
    this.folder = folder;
    this.entries = entries;
    this.place = place;
  }

  /** Returns the libraries of a platform, or null if this build has none for it. */
  static @Nullable NativeBundle find(String platform) throws IOException {
    String folder = "native/" + platform + "/";
    URL index = NativeBundle.class.getResource(folder + "files.txt");
    if (index == null) {
      return null;
    }
    String text;
    try (InputStream in = index.openStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return new NativeBundle(folder, parse(text), directory(index));
  }

  /** Returns the name of this platform as in the folders' names. */
  static String platform() {
    String system = System.getProperty("os.name");
    String os =
        system.startsWith("Mac")
            ? "macosx"
            : system.startsWith("Windows") ? "windows" : system.toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch");
    if (arch.equals("amd64")) {
      arch = "x86_64";
    } else if (arch.equals("aarch64")) {
      arch = "arm64";
    }
    return os.concat("-").concat(arch);
  }

  /**
   * Reads the lines by hand: this runs in every start of a program, before anything else is warm.
   */
  static List<Entry> parse(String text) throws IOException {
    List<Entry> entries = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      int first = text.indexOf(' ', start);
      int second = first < 0 ? -1 : text.indexOf(' ', first + 1);
      if (second < 0 || second > end || second - first != 65) {
        throw new IOException("files.txt is damaged: " + text.substring(start, end));
      }
      String name = text.substring(start, first);
      entries.add(
          new Entry(
              name, text.substring(first + 1, second), Long.parseLong(text, second + 1, end, 10)));
      start = end + 1;
    }
    return List.copyOf(entries);
  }

  /** Returns where the files lie if they are files already: then nothing is unpacked. */
  private static @Nullable Path directory(URL index) throws IOException {
    if (!index.getProtocol().equals("file")) {
      return null;
    }
    try {
      return Path.of(index.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new IOException("cannot locate " + index, e);
    }
  }

  /**
   * Returns the directory in which the files lie ready for use, or null if they must be unpacked.
   */
  @Nullable Path place() {
    return place;
  }

  List<Entry> entries() {
    return entries;
  }

  /** Returns the content of a file. */
  InputStream open(Entry entry) throws IOException {
    InputStream in = NativeBundle.class.getResourceAsStream(folder + entry.name());
    if (in == null) {
      throw new IOException(folder + entry.name() + " is listed in files.txt but is not there");
    }
    return in;
  }
}
