package dev.chagres.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds and loads NVIDIA's driver, NVRTC and cuBLAS, once. What is missing is no error but a reason
 * why there is no GPU to use.
 *
 * <p>The driver ({@code libcuda.so.1}) is the system's; {@code libnvrtc.so.N} and {@code
 * libcublas.so.N} of CUDA 13 or 12, no newer than the driver and such as know the GPUs that are
 * there, are looked for
 *
 * <ul>
 *   <li>in the folders that {@code -Dchagres.cuda.path} names, and nowhere else if it is set (the
 *       driver is looked for there first);
 *   <li>in {@code CUDA_HOME} and {@code CUDA_PATH};
 *   <li>in {@code /usr/local/cuda}, {@code /opt/cuda}, and the toolkits beside them, as {@code
 *       cuda-12.8};
 *   <li>in the packages {@code nvidia-*} of Python, of the active virtual environment, each {@code
 *       python3} of the path, the user and the system, and in the active environment of conda;
 *   <li>in {@code /usr/local/nvidia}, which containers have the driver in;
 *   <li>where the system's loader looks.
 * </ul>
 */
final class CudaLibraries {
  /** Names the folders, divided as a path is, that have the libraries. */
  static final String PROPERTY = "chagres.cuda.path";

  private static final int NEWEST = 13;
  private static final int OLDEST = 12;

  /** The least compute capability, times ten, that the libraries of CUDA 13 know. */
  private static final int LEAST_OF_13 = 75;

  private static final List<String> TOOLKIT = List.of("nvrtc", "cublas");

  private static final String DRIVER = "libcuda.so.1";
  private static final String NCCL = "libnccl.so.2";

  private final List<Path> folders;
  private final boolean explicit;
  private final List<String> loaded = new ArrayList<>();
  private int newestLoaded;

  private CudaLibraries(List<Path> folders, boolean explicit) {
    this.folders = folders;
    this.explicit = explicit;
  }

  /**
   * What came of looking.
   *
   * @param reason why there is no GPU to use, empty if there is one
   * @param report the libraries and their versions, one line each
   * @param version the newest of CUDA that a library is of
   */
  record Outcome(int deviceCount, String reason, String report, int version) {
    static Outcome none(String reason) {
      return new Outcome(0, reason, "", 0);
    }

    /** Returns why a GPU of some compute capability cannot be used; empty if it can. */
    String whyNot(int major, int minor) {
      return knows(version, 10 * major + minor)
          ? ""
          : "CUDA "
              + version
              + " does not know its compute capability; CUDA "
              + OLDEST
              + " knows all GPUs here: install it (pip install nvidia-cuda-nvrtc-cu"
              + OLDEST
              + " nvidia-cublas-cu"
              + OLDEST
              + "), or name its folder with -D"
              + PROPERTY
              + "=<folder>";
    }
  }

  /** Why a library cannot be used, for the one who asks why there is no GPU. */
  private static final class Missing extends Exception {
    private static final long serialVersionUID = 1L;

    Missing(String reason) {
      super(reason);
    }

    Missing(String reason, Throwable cause) {
      super(reason, cause);
    }
  }

  /** Finds the libraries by the system properties and the environment. */
  static Outcome find() {
    return ofProperties().load();
  }

  /**
   * Loads NCCL, which several GPUs work together by, and returns why it is not there; empty if it
   * is.
   */
  static String loadNccl() {
    CudaLibraries libraries = ofProperties();
    try {
      boolean found =
          libraries.loadFrom(libraries.folders, NCCL)
              || (!libraries.explicit && libraries.loadBySystem(NCCL));
      return found
          ? ""
          : NCCL
              + " was not found"
              + place(libraries.folders)
              + "; install it (pip install nvidia-nccl-cu13, or -cu12 for CUDA 12), or name its"
              + " folder with -D"
              + PROPERTY
              + "=<folder>";
    } catch (Missing e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static CudaLibraries ofProperties() {
    String property = System.getProperty(PROPERTY);
    boolean explicit = property != null && !property.isEmpty();
    List<Path> folders =
        property != null && explicit ? paths(property) : CudaFolders.of(System.getenv());
    return new CudaLibraries(folders, explicit);
  }

  private static List<Path> paths(String property) {
    List<Path> folders = new ArrayList<>();
    for (String part : property.split(File.pathSeparator, -1)) {
      if (!part.isEmpty()) {
        folders.add(Path.of(part).toAbsolutePath());
      }
    }
    return folders;
  }

  private Outcome load() {
    String system = System.getProperty("os.name", "");
    if (!system.startsWith("Linux")) {
      return Outcome.none("CUDA is used on Linux only, and this is " + system);
    }
    try {
      if (!loadFrom(folders, DRIVER) && !loadBySystem(DRIVER)) {
        throw new Missing(
            "the NVIDIA driver is not installed: there is no "
                + DRIVER
                + " where the system's loader looks"
                + (folders.isEmpty() ? "" : ", nor" + place(folders)));
      }
      Driver.init();
      int devices = Driver.deviceCount();
      if (devices == 0) {
        throw new Missing("the NVIDIA driver finds no GPU");
      }
      int driver = Driver.version();
      int[] capabilities = capabilities(devices);
      int greatest = Arrays.stream(capabilities).max().orElseThrow();
      int newest = newest(driver, greatest);
      if (newest < OLDEST) {
        throw new Missing(
            "the NVIDIA driver is for CUDA "
                + version(driver)
                + ", and at least "
                + OLDEST
                + ".0 is needed: update it");
      }
      String why = newest < newest(driver, LEAST_OF_13) ? unknownTo13(greatest) : "";
      int least = Arrays.stream(capabilities).min().orElseThrow();
      // One of several GPUs that is too old for it: what knows all, if it is there.
      int first = knows(newest, least) || !isToolkit(OLDEST) ? newest : OLDEST;
      for (String name : TOOLKIT) {
        loadToolkit(name, first, why);
      }
      String report =
          "driver of CUDA %s, NVRTC %s, cuBLAS %s%n%s"
              .formatted(
                  version(driver), Nvrtc.version(), Cublas.version(), String.join("\n", loaded));
      return new Outcome(devices, "", report, newestLoaded);
    } catch (CudaException e) {
      return Outcome.none("the NVIDIA driver says: " + e.getMessage());
    } catch (Missing e) {
      return Outcome.none(String.valueOf(e.getMessage()));
    } catch (IllegalCallerException e) {
      return Outcome.none(
          e.getMessage()
              + "; start java with --enable-native-access=dev.chagres (=ALL-UNNAMED if chagres is"
              + " on the class path)");
    } catch (LinkageError e) {
      return Outcome.none("a library of CUDA cannot be used: " + e);
    }
  }

  /** Returns the compute capabilities of all devices, times ten. */
  private static int[] capabilities(int devices) {
    int[] all = new int[devices];
    for (int i = 0; i < devices; i++) {
      int device = Driver.device(i);
      int major = Driver.attribute(Driver.Attribute.CAPABILITY_MAJOR, device);
      int minor = Driver.attribute(Driver.Attribute.CAPABILITY_MINOR, device);
      all[i] = 10 * major + minor;
    }
    return all;
  }

  /**
   * Returns the newest version of CUDA whose libraries a driver, such as 12040, can work with, and
   * which know a GPU of so much compute capability, times ten.
   */
  static int newest(int driver, int capability) {
    return Math.min(driver / 1000, knows(NEWEST, capability) ? NEWEST : NEWEST - 1);
  }

  /** Whether the libraries of a version are for GPUs of a compute capability, times ten. */
  private static boolean knows(int version, int capability) {
    return version < NEWEST || capability >= LEAST_OF_13;
  }

  /** Whether all of a version's libraries are there. */
  private boolean isToolkit(int version) {
    return TOOLKIT.stream().allMatch(name -> isThere("lib" + name + ".so." + version));
  }

  private boolean isThere(String file) {
    try (Arena arena = Arena.ofConfined()) {
      return folders.stream().anyMatch(folder -> Files.exists(folder.resolve(file)))
          || (!explicit && isOfSystem(file, arena));
    }
  }

  private static String unknownTo13(int capability) {
    return "; a GPU of compute capability "
        + capability / 10
        + "."
        + capability % 10
        + " needs it, as CUDA 13 is for "
        + LEAST_OF_13 / 10
        + "."
        + LEAST_OF_13 % 10
        + " and more";
  }

  private static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }

  private static String place(List<Path> folders) {
    return folders.isEmpty() ? "" : " in " + String.join(", ", texts(folders));
  }

  private static List<String> texts(List<Path> paths) {
    return paths.stream().map(Path::toString).toList();
  }

  /**
   * Loads a library of the toolkit, the newest that the driver knows, with what it needs.
   *
   * @param why why it may be no newer, for the one who misses it
   */
  private void loadToolkit(String name, int newest, String why) throws Missing {
    for (int major = newest; major >= OLDEST; major--) {
      String file = "lib" + name + ".so." + major;
      for (Path folder : folders) {
        if (Files.exists(folder.resolve(file))) {
          loadWithSiblings(folder, name, major);
          newestLoaded = Math.max(newestLoaded, major);
          return;
        }
      }
      if (!explicit && loadBySystem(file)) {
        newestLoaded = Math.max(newestLoaded, major);
        return;
      }
    }
    String files = "lib" + name + ".so." + newest;
    throw new Missing(
        files
            + (newest > OLDEST ? " (or ." + OLDEST + ")" : "")
            + " was not found"
            + place(folders)
            + why
            + "; install it (pip install nvidia-"
            + (name.equals("nvrtc") ? "cuda-nvrtc" : name)
            + (newest > OLDEST ? "" : "-cu" + OLDEST)
            + ", or the CUDA toolkit), or name its folder with -D"
            + PROPERTY
            + "=<folder>");
  }

  /** What a library opens by a name that only its own folder has goes first. */
  private void loadWithSiblings(Path folder, String name, int major) throws Missing {
    String sibling =
        name.equals("nvrtc") ? "libnvrtc-builtins.so." + major + "*" : "libcublasLt.so." + major;
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, sibling)) {
      for (Path each : found) {
        load(each);
      }
    } catch (IOException e) {
      throw new Missing(folder + " cannot be read: " + e, e);
    }
    load(folder.resolve("lib" + name + ".so." + major));
  }

  private boolean loadFrom(List<Path> places, String file) throws Missing {
    for (Path folder : places) {
      Path path = folder.resolve(file);
      if (Files.exists(path)) {
        load(path);
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the system's loader finds a library by name, which is loaded as long as the arena is.
   */
  @SuppressWarnings("restricted")
  private static boolean isOfSystem(String file, Arena arena) {
    try {
      SymbolLookup.libraryLookup(file, arena);
      return true;
    } catch (IllegalArgumentException absent) {
      return false;
    }
  }

  /** Loads what the system's loader finds by name; false if it finds nothing. */
  private boolean loadBySystem(String file) throws Missing {
    if (!isOfSystem(file, Arena.global())) {
      return false;
    }
    Path path = mapped(file);
    if (path == null) {
      throw new Missing(
          "the system's "
              + file
              + " cannot be located; name its folder with -D"
              + PROPERTY
              + "=<folder>");
    }
    load(path);
    return true;
  }

  /**
   * Returns the file of a library of this process. {@code System.load}, which bindings need, takes
   * only full paths, and a name may be a link to a name with the whole version.
   */
  private static @Nullable Path mapped(String name) throws Missing {
    String stem = name.substring(0, name.indexOf(".so") + 3);
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        int at = line.indexOf('/');
        if (at >= 0 && line.startsWith(stem, line.lastIndexOf('/') + 1)) {
          return Path.of(line.substring(at));
        }
      }
      return null;
    } catch (IOException e) {
      throw new Missing("/proc/self/maps cannot be read: " + e, e);
    }
  }

  /** Loads a file for this class loader, which is where the bindings look. */
  @SuppressWarnings("restricted")
  private void load(Path file) throws Missing {
    try {
      System.load(file.toString());
      loaded.add(file.toString());
    } catch (UnsatisfiedLinkError e) {
      throw new Missing(file + " cannot be loaded: " + e.getMessage(), e);
    }
  }

  /** Where to look when nobody says where. */
  static final class CudaFolders {
    private CudaFolders() {}

    /** Returns the folders of an environment that are there. */
    static List<Path> of(Map<String, String> environment) {
      return of(environment, Path.of("/"));
    }

    /** The same of a system whose files are below a root. */
    static List<Path> of(Map<String, String> environment, Path root) {
      List<Path> found = new ArrayList<>();
      for (String variable : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
        String home = environment.get(variable);
        if (home != null && !home.isEmpty()) {
          addToolkit(found, Path.of(home));
        }
      }
      for (String place : new String[] {"usr/local", "opt"}) {
        addToolkit(found, root.resolve(place).resolve("cuda"));
        for (Path toolkit : matching(root.resolve(place), "cuda-*").reversed()) {
          addToolkit(found, toolkit);
        }
      }
      String virtual = environment.get("VIRTUAL_ENV");
      if (virtual != null && !virtual.isEmpty()) {
        addPythons(found, Path.of(virtual, "lib"));
      }
      String conda = environment.get("CONDA_PREFIX");
      if (conda != null && !conda.isEmpty()) {
        addToolkit(found, Path.of(conda));
        addPythons(found, Path.of(conda, "lib"));
      }
      for (String part : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
        Path parent = part.isEmpty() ? null : Path.of(part).getParent();
        if (parent != null && Files.exists(Path.of(part, "python3"))) {
          addPythons(found, parent.resolve("lib"));
        }
      }
      String home = environment.get("HOME");
      if (home != null && !home.isEmpty()) {
        addPythons(found, Path.of(home, ".local", "lib"));
      }
      addPythons(found, root.resolve("usr/local/lib"));
      addPythons(found, root.resolve("usr/lib"));
      addToolkit(found, root.resolve("usr/local/nvidia"));
      return found;
    }

    private static void addToolkit(List<Path> found, Path root) {
      add(found, root.resolve("lib64"));
      add(found, root.resolve("lib"));
      add(found, root.resolve("targets").resolve("x86_64-linux").resolve("lib"));
    }

    private static void addPythons(List<Path> found, Path root) {
      for (Path python : matching(root, "python3*")) {
        for (String packages : new String[] {"site-packages", "dist-packages"}) {
          for (Path component : matching(python.resolve(packages).resolve("nvidia"), "*")) {
            add(found, component.resolve("lib"));
          }
        }
      }
    }

    private static List<Path> matching(Path folder, String pattern) {
      List<Path> all = new ArrayList<>();
      if (Files.isDirectory(folder)) {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
          stream.forEach(all::add);
        } catch (IOException unreadable) {
          return List.of(); // a folder that is not ours to read has nothing for us
        }
      }
      all.sort(null);
      return all;
    }

    private static void add(List<Path> found, Path folder) {
      if (Files.isDirectory(folder) && !found.contains(folder)) {
        found.add(folder);
      }
    }
  }
}
