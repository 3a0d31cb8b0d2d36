package dev.chagres.backend.cpu;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native libraries, each once and when it is first needed. A failure is kept, and every
 * later attempt repeats its text, which says what is wrong and what to do about it.
 *
 * <ul>
 *   <li>{@code -Dchagres.openblas=<file>} names another OpenBLAS; nothing else is tried then.
 *       Otherwise it is the one in this build, otherwise the system's.
 *   <li>{@code -Dchagres.kernels=v2|v3|v4} chooses a build of the kernels below what the processor
 *       can run; {@code -Dchagres.kernels=<file>}, with a slash in it, another library of them.
 *   <li>{@code -Dchagres.cache=<directory>} is where libraries from a jar are unpacked.
 * </ul>
 */
public final class NativeLibraries {
  /** The origin of a library that came with this build. */
  static final String BUNDLED = "bundled";

  /** Names the OpenBLAS library to load. */
  static final String OPENBLAS_PROPERTY = "chagres.openblas";

  /** Names the build of the kernels to load. */
  static final String KERNELS_PROPERTY = "chagres.kernels";

  private static final String PROBE = "chagres-probe";
  private static final String VARIANT = "chagres-v";

  private static final NativeCache CACHE = new NativeCache();
  private static final Once KERNELS = new Once("the kernels", NativeLibraries::findKernels);
  private static final Once OPENBLAS = new Once("OpenBLAS", NativeLibraries::findOpenBlas);

  private NativeLibraries() {}

  /**
   * A library that is there.
   *
   * @param path its file
   * @param origin how it was found, and what was chosen
   */
  record Loaded(Path path, String origin) {}

  /** Finds a library and loads it. */
  private interface Loader {
    Loaded load() throws IOException;
  }

  /** A library that is loaded at most once. */
  private static final class Once {
    private final String name;
    private final Loader loader;
    private volatile @Nullable Loaded loaded;
    private @Nullable IllegalStateException failure;

    Once(String name, Loader loader) {
      this.name = name;
      this.loader = loader;
    }

    Loaded get() {
      Loaded found = loaded;
      return found != null ? found : load();
    }

    private synchronized Loaded load() {
      Loaded found = loaded;
      if (found != null) {
        return found;
      }
      if (failure != null) {
        throw new IllegalStateException(failure.getMessage(), failure);
      }
      try {
        found = loader.load();
        loaded = found;
        return found;
      } catch (IllegalCallerException e) {
        throw fail(
            e.getMessage()
                + "; start java with --enable-native-access=dev.chagres (=ALL-UNNAMED if chagres is"
                + " on the class path)",
            e);
      } catch (UnsatisfiedLinkError e) {
        String where =
            CACHE.used() == null
                ? ""
                : " (if its disk forbids programs, noexec, choose another with -D"
                    + NativeCache.PROPERTY
                    + "=<directory>)";
        throw fail(e.getMessage() + where, e);
      } catch (IOException | IllegalStateException e) {
        throw fail(String.valueOf(e.getMessage()), e);
      }
    }

    private IllegalStateException fail(String reason, Throwable cause) {
      failure = new IllegalStateException("cannot load " + name + ": " + reason, cause);
      return failure;
    }
  }

  /**
   * Loads the kernels unless they are there.
   *
   * @throws IllegalStateException if that cannot be, with the reason
   */
  static Loaded kernels() {
    return KERNELS.get();
  }

  /**
   * Loads OpenBLAS unless it is there.
   *
   * @throws IllegalStateException if that cannot be, with the reason
   */
  static Loaded openBlas() {
    return OPENBLAS.get();
  }

  private static Loaded findKernels() throws IOException {
    String explicit = System.getProperty(KERNELS_PROPERTY, "");
    if (explicit.indexOf('/') >= 0 || explicit.indexOf(File.separatorChar) >= 0) {
      return named(KERNELS_PROPERTY, explicit);
    }
    NativeBundle bundle = bundle();
    List<NativeBundle.Entry> family = new ArrayList<>();
    for (NativeBundle.Entry entry : bundle.entries()) {
      if (entry.name().contains(PROBE) || entry.name().contains(VARIANT)) {
        family.add(entry);
      }
    }
    NativeCache.Family kernels = new NativeCache.Family("kernels", family);
    load(file(bundle, kernels, System.mapLibraryName(PROBE)));
    int level = cpuLevel();
    int best = 0;
    for (NativeBundle.Entry entry : family) {
      int offered = variant(entry.name());
      best = offered <= level ? Math.max(best, offered) : best;
    }
    if (best == 0) {
      throw new IOException(
          "there is no build of them for this processor (level "
              + level
              + "): it must be at least x86-64-v2 or arm64");
    }
    int chosen = chosen(best, family);
    Path file = file(bundle, kernels, System.mapLibraryName(VARIANT + chosen));
    load(file);
    return new Loaded(
        file,
        "v"
            + chosen
            + (chosen == best
                ? ""
                : " by -D" + KERNELS_PROPERTY + ", the processor runs v" + best));
  }

  private static int chosen(int best, List<NativeBundle.Entry> family) throws IOException {
    String wanted = System.getProperty(KERNELS_PROPERTY);
    if (wanted == null || wanted.isEmpty()) {
      return best;
    }
    for (NativeBundle.Entry entry : family) {
      int offered = variant(entry.name());
      if (offered > 0 && wanted.equals("v" + offered)) {
        if (offered > best) {
          throw new IOException(
              "-D"
                  + KERNELS_PROPERTY
                  + "="
                  + wanted
                  + ", but this processor runs v"
                  + best
                  + " at most");
        }
        return offered;
      }
    }
    throw new IOException(
        "-D"
            + KERNELS_PROPERTY
            + "="
            + wanted
            + " is none of the builds here; the best for this processor is v"
            + best);
  }

  /**
   * Returns the level in a library's name, such as 3 of {@code libchagres-v3.so}; 0 for the probe.
   */
  private static int variant(String file) {
    int at = file.indexOf(VARIANT);
    return at < 0 ? 0 : file.charAt(at + VARIANT.length()) - '0';
  }

  @SuppressWarnings("restricted")
  private static int cpuLevel() throws IOException {
    return SymbolLookup.loaderLookup()
        .find("chagres_cpu_level")
        .orElseThrow(() -> new IOException("the probe library is damaged"))
        .reinterpret(Integer.BYTES)
        .get(ValueLayout.JAVA_INT, 0);
  }

  private static Loaded named(String property, String name) throws IOException {
    Path file = Path.of(name).toAbsolutePath();
    if (!Files.exists(file)) {
      throw new IOException("-D" + property + "=" + name + ": there is no such file");
    }
    load(file);
    return new Loaded(file, "by -D" + property);
  }

  private static Loaded findOpenBlas() throws IOException {
    String explicit = System.getProperty(OPENBLAS_PROPERTY);
    if (explicit != null && !explicit.isEmpty()) {
      return named(OPENBLAS_PROPERTY, explicit);
    }
    NativeBundle bundle = NativeBundle.find(NativeBundle.platform());
    List<NativeBundle.Entry> family = new ArrayList<>();
    NativeBundle.Entry library = null;
    if (bundle != null) {
      for (NativeBundle.Entry entry : bundle.entries()) {
        if (!entry.name().contains(PROBE) && !entry.name().contains(VARIANT)) {
          family.add(entry);
          library = entry.name().contains("openblas") ? entry : library;
        }
      }
    }
    if (bundle == null || library == null) {
      return systemOpenBlas();
    }
    Path directory = directory(bundle, new NativeCache.Family("openblas", family), family);
    loadDependencies(directory, family);
    Path file = directory.resolve(library.name());
    load(file);
    return new Loaded(file, BUNDLED);
  }

  /**
   * Loads what OpenBLAS needs, before it, because its own search path does not reach what these
   * need in turn. Of GCC's run time the system's copy goes first: code loaded later may want a
   * newer one than ours, and the first one in a process serves all.
   */
  @SuppressWarnings("restricted")
  private static void loadDependencies(Path directory, List<NativeBundle.Entry> family) {
    for (String stem : new String[] {"gcc_s", "quadmath", "gfortran"}) {
      for (NativeBundle.Entry entry : family) {
        if (!entry.name().contains(stem)) {
          continue;
        }
        if (stem.equals("gcc_s") && isInSystem(entry.name())) {
          continue;
        }
        load(directory.resolve(entry.name()));
      }
    }
  }

  @SuppressWarnings("restricted")
  private static boolean isInSystem(String name) {
    try {
      SymbolLookup.libraryLookup(name, Arena.global());
      return true;
    } catch (IllegalArgumentException absent) {
      return false;
    }
  }

  private static Loaded systemOpenBlas() throws IOException {
    String why = "this build brings none for " + NativeBundle.platform() + ", and ";
    for (String name :
        new String[] {
          "libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll"
        }) {
      if (!isInSystem(name)) {
        continue;
      }
      Path file = mapped("libopenblas");
      if (file == null) {
        throw new IOException(
            why
                + "the system's "
                + name
                + " cannot be located; name it with -D"
                + OPENBLAS_PROPERTY
                + "=<file>");
      }
      load(file);
      return new Loaded(file, "the system's");
    }
    throw new IOException(
        why
            + "the system has none; install OpenBLAS or name it with -D"
            + OPENBLAS_PROPERTY
            + "=<file>");
  }

  /**
   * Returns the file of a library of this process by the start of its name. {@code System.load},
   * which bindings need, takes only full paths.
   */
  private static @Nullable Path mapped(String start) throws IOException {
    Path maps = Path.of("/proc/self/maps");
    if (!Files.isReadable(maps)) {
      return null;
    }
    for (String line : Files.readAllLines(maps)) {
      int at = line.indexOf('/');
      if (at >= 0 && line.startsWith(start, line.lastIndexOf('/') + 1)) {
        return Path.of(line.substring(at));
      }
    }
    return null;
  }

  private static NativeBundle bundle() throws IOException {
    String platform = NativeBundle.platform();
    NativeBundle bundle = NativeBundle.find(platform);
    if (bundle == null) {
      throw new IOException(
          "this build of chagres has no native libraries for "
              + platform
              + "; where it is built from source, run mvn compile on this machine");
    }
    return bundle;
  }

  /** Returns one file of a family, unpacked if it must be. */
  private static Path file(NativeBundle bundle, NativeCache.Family family, String name)
      throws IOException {
    for (NativeBundle.Entry entry : family.entries()) {
      if (entry.name().equals(name)) {
        return directory(bundle, family, List.of(entry)).resolve(name);
      }
    }
    throw new IOException(name + " is missing in this build of chagres");
  }

  private static Path directory(
      NativeBundle bundle, NativeCache.Family family, List<NativeBundle.Entry> wanted)
      throws IOException {
    Path place = bundle.place();
    return place != null ? place : CACHE.unpack(bundle, family, wanted);
  }

  /** Loads a file for this class loader, which is where the bindings look. */
  @SuppressWarnings("restricted")
  private static void load(Path file) {
    System.load(file.toString());
  }
}
