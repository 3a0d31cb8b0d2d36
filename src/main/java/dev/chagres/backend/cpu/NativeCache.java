package dev.chagres.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The directory into which native libraries are unpacked, once per content: {@code
 * <root>/<name>-<hashes>/<file>}. A file appears under its name only when it is whole (written
 * beside, its hash checked, renamed), so that any number of processes may unpack at once. Its time
 * of change is set to one that its hash gives: later starts compare size and time, and read the
 * whole file again only where these differ, as after whatever wrote to it.
 */
final class NativeCache {
  /** The property that names the directory; nothing else is tried if it is set. */
  static final String PROPERTY = "chagres.cache";

  /** Libraries that share a directory, which all of their hashes name. */
  record Family(String name, List<NativeBundle.Entry> entries) {}

  private @Nullable Path used;

  /** Returns the directory that held the last unpacked file, or null if nothing needed one. */
  @Nullable Path used() {
    return used;
  }

  /**
   * Returns the directory of a family of libraries, in which the wanted ones of them are there.
   *
   * @throws IOException if no directory can be written; its message says which, why, and how to
   *     choose another
   */
  Path unpack(NativeBundle bundle, Family family, List<NativeBundle.Entry> entries)
      throws IOException {
    StringBuilder name = new StringBuilder(family.name()).append('-');
    for (NativeBundle.Entry entry : family.entries()) {
      name.append(entry.sha256(), 0, 8);
    }
    String explicit = System.getProperty(PROPERTY);
    if (explicit != null && !explicit.isEmpty()) {
      return unpackUnder(Path.of(explicit), name.toString(), bundle, entries);
    }
    IOException first;
    try {
      return unpackUnder(userCache(), name.toString(), bundle, entries);
    } catch (IOException e) {
      first = e;
    }
    try {
      return unpackUnder(temporary(), name.toString(), bundle, entries);
    } catch (IOException e) {
      e.addSuppressed(first);
      throw new IOException(first.getMessage() + "; and " + e.getMessage(), e);
    }
  }

  private static Path userCache() {
    String configured = System.getenv("XDG_CACHE_HOME");
    boolean usable = configured != null && configured.startsWith("/");
    return usable
        ? Path.of(configured, "chagres")
        : Path.of(System.getProperty("user.home"), ".cache", "chagres");
  }

  /**
   * Returns a directory of this user's own: in a shared one, anybody could have put a library under
   * the name that we look for.
   */
  private static Path temporary() throws IOException {
    Path directory =
        Path.of(System.getProperty("java.io.tmpdir"), "chagres-" + System.getProperty("user.name"));
    if (Files.exists(directory)) {
      Path own = Files.createTempFile("chagres", ".own");
      try {
        if (Files.isSymbolicLink(directory)
            || !Files.getOwner(directory).equals(Files.getOwner(own))) {
          throw new IOException(directory + " belongs to another user");
        }
      } finally {
        Files.delete(own);
      }
    }
    return directory;
  }

  private Path unpackUnder(
      Path root, String name, NativeBundle bundle, List<NativeBundle.Entry> entries)
      throws IOException {
    Path directory = root.resolve(name).toAbsolutePath();
    try {
      for (NativeBundle.Entry entry : entries) {
        Path file = directory.resolve(entry.name());
        if (!isWhole(entry, file)) {
          createPrivate(directory);
          write(bundle, entry, file);
        }
      }
    } catch (IOException e) {
      throw new IOException(
          "native libraries cannot be unpacked into "
              + root
              + " ("
              + e
              + "); choose another directory with -D"
              + PROPERTY
              + "=<directory>",
          e);
    }
    used = root;
    return directory;
  }

  private static boolean isWhole(NativeBundle.Entry entry, Path file) throws IOException {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return false;
    }
    if (!found.isRegularFile() || found.size() != entry.size()) {
      return false;
    }
    FileTime mark = mark(entry);
    if (found.lastModifiedTime().toMillis() == mark.toMillis()) {
      return true;
    }
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
      return false;
    }
    Files.setLastModifiedTime(file, mark);
    return true;
  }

  /** Returns an even second of the years 2000 to 2017, which every file system can hold. */
  private static FileTime mark(NativeBundle.Entry entry) {
    long number = Long.parseLong(entry.sha256(), 0, 7, 16);
    return FileTime.from(946_684_800 + 2 * number, TimeUnit.SECONDS);
  }

  private static MessageDigest sha256() throws IOException {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("this Java has no SHA-256", e);
    }
  }

  private static void createPrivate(Path directory) throws IOException {
    boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
            }
            : new FileAttribute<?>[0];
    Files.createDirectories(directory, attributes);
  }

  private static void write(NativeBundle bundle, NativeBundle.Entry entry, Path file)
      throws IOException {
    MessageDigest digest = sha256();
    Path part = Files.createTempFile(file.getParent(), entry.name(), ".part");
    try {
      try (InputStream in = bundle.open(entry);
          OutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
        in.transferTo(out);
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
        throw new IOException(entry.name() + " does not have the content that files.txt promises");
      }
      try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
        written.force(true); // else a crash may leave the name and the size without the content
      }
      Files.setLastModifiedTime(part, mark(entry));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
