package dev.chagres.backend.cuda;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compiled modules on disk, {@code <root>/cuda/<hash>.module}; the hash is of all that they are
 * made of: the sources, the options (which name the architecture), the expressions and the
 * compiler's version. A file is written beside, and renamed when it is whole, so any number of
 * processes may do so at once; it holds a hash of its content, and a damaged one is made anew.
 * Where the directory cannot be written, modules are compiled in each process.
 */
final class ModuleCache {
  /** The property that names the directory for what this library keeps. */
  static final String PROPERTY = "chagres.cache";

  private static final int FORMAT = 1;
  private static final int HASH_BYTES = 32;
  private static final int MOST_NAMES = 1 << 16;

  private final @Nullable Path directory;

  ModuleCache() {
    this(root());
  }

  ModuleCache(Path root) {
    directory = usable(root.resolve("cuda").toAbsolutePath());
  }

  private static Path root() {
    String explicit = System.getProperty(PROPERTY);
    if (explicit != null && !explicit.isEmpty()) {
      return Path.of(explicit);
    }
    String configured = System.getenv("XDG_CACHE_HOME");
    return configured != null && configured.startsWith("/")
        ? Path.of(configured, "chagres")
        : Path.of(System.getProperty("user.home"), ".cache", "chagres");
  }

  private static @Nullable Path usable(Path directory) {
    try {
      boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
      FileAttribute<?>[] attributes =
          posix
              ? new FileAttribute<?>[] {
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
              }
              : new FileAttribute<?>[0];
      Files.createDirectories(directory, attributes);
      return directory;
    } catch (IOException | UnsupportedOperationException e) {
      warn(directory, e);
      return null;
    }
  }

  private static void warn(Path place, Exception why) {
    System.getLogger(ModuleCache.class.getName())
        .log(Level.WARNING, "compiled kernels are not kept: {0}: {1}", place, why);
  }

  /** Returns what a program compiles to, from the disk if it is there. */
  Nvrtc.Compiled get(Nvrtc.Program program, String compiler, Supplier<Nvrtc.Compiled> compilation) {
    if (directory == null) {
      return compilation.get();
    }
    Path file = directory.resolve(key(program, compiler) + ".module");
    Nvrtc.Compiled kept = read(file);
    if (kept != null) {
      return kept;
    }
    Nvrtc.Compiled made = compilation.get();
    write(file, made);
    return made;
  }

  /** Returns the hash of all that a module is made of. */
  static String key(Nvrtc.Program program, String compiler) {
    MessageDigest digest = sha256();
    add(digest, compiler);
    add(digest, program.name());
    add(digest, program.text());
    addAll(digest, program.options());
    addAll(digest, program.expressions());
    for (Map.Entry<String, String> header : program.headers().entrySet()) {
      add(digest, header.getKey());
      add(digest, header.getValue());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Adds a text behind its length, so that no two lists of texts are the same bytes. */
  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
  }

  private static void addAll(MessageDigest digest, List<String> texts) {
    add(digest, Integer.toString(texts.size()));
    texts.forEach(text -> add(digest, text));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  // ---- files: a hash of the rest, the format, the names, the image

  private static Nvrtc.@Nullable Compiled read(Path file) {
    try {
      byte[] all = Files.readAllBytes(file);
      if (all.length < HASH_BYTES) {
        return null;
      }
      MessageDigest digest = sha256();
      digest.update(all, HASH_BYTES, all.length - HASH_BYTES);
      byte[] hash = digest.digest();
      for (int i = 0; i < HASH_BYTES; i++) {
        if (hash[i] != all[i]) {
          return null;
        }
      }
      try (DataInputStream in =
          new DataInputStream(new ByteArrayInputStream(all, HASH_BYTES, all.length - HASH_BYTES))) {
        return parse(in);
      }
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      warn(file, e);
      return null;
    }
  }

  private static Nvrtc.@Nullable Compiled parse(DataInputStream in) throws IOException {
    int format = in.readInt();
    int count = in.readInt();
    if (format != FORMAT || count < 0 || count > MOST_NAMES) {
      return null;
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(in.readUTF());
    }
    return new Nvrtc.Compiled(in.readAllBytes(), names);
  }

  private static void write(Path file, Nvrtc.Compiled module) {
    try {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(body)) {
        out.writeInt(FORMAT);
        out.writeInt(module.names().size());
        for (String name : module.names()) {
          out.writeUTF(name);
        }
        out.write(module.image());
      }
      byte[] content = body.toByteArray();
      Path part = Files.createTempFile(file.getParent(), "module", ".part");
      try {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(HASH_BYTES + content.length);
        whole.write(sha256().digest(content));
        whole.write(content);
        Files.write(part, whole.toByteArray());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      warn(file, e);
    }
  }
}
