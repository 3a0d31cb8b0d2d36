package dev.chagres;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The package table of DESIGN.md: which package may import which. A package is named by what
 * follows {@code dev.chagres.}; the root package, by the empty text.
 */
class ArchitectureTest {
  private static final String ROOT = "dev.chagres";

  /** Package to the packages that it may import. What is not in this table may not exist. */
  private static final Map<String, Set<String>> MAY_IMPORT = table();

  private static Map<String, Set<String>> table() {
    var table = new LinkedHashMap<String, Set<String>>();
    table.put("check", Set.of());
    table.put("core", Set.of("check"));
    table.put("autograd", Set.of("check"));
    table.put("ffi.openblas", Set.of());
    table.put("ffi.kernels", Set.of());
    table.put("ffi.cuda", Set.of());
    table.put("ffi.nvrtc", Set.of());
    table.put("ffi.cublas", Set.of());
    table.put("ffi.cublaslt", Set.of());
    table.put("ffi.nccl", Set.of());
    table.put("memory.raw", Set.of("core"));
    table.put("primitive", Set.of("core", "check"));
    table.put("memory", Set.of("memory.raw", "core", "check"));
    table.put("backend", Set.of("core", "memory", "memory.raw", "primitive"));
    table.put(
        "backend.cpu",
        Set.of(
            "backend", "primitive", "memory", "memory.raw", "core", "ffi.openblas", "ffi.kernels"));
    table.put(
        "backend.cuda",
        Set.of(
            "check",
            "backend",
            "primitive",
            "memory",
            "memory.raw",
            "core",
            "ffi.cuda",
            "ffi.nvrtc",
            "ffi.cublas",
            "ffi.cublaslt",
            "ffi.nccl"));
    table.put("cuda", Set.of("backend.cuda", "memory", "core", "check"));
    table.put(
        "observe",
        Set.of("backend", "primitive", "memory", "memory.raw", "core", "autograd", "check"));
    table.put(
        "tensor",
        Set.of(
            "observe",
            "check",
            "core",
            "primitive",
            "memory",
            "memory.raw",
            "autograd",
            "backend",
            "backend.cpu",
            "backend.cuda",
            "cuda"));
    table.put("nn", Set.of("check", "primitive", "tensor", "core", "memory", "autograd"));
    table.put("optim", Set.of("check", "primitive", "tensor", "core", "memory", "autograd"));
    table.put("linalg", Set.of("check", "primitive", "tensor", "core", "autograd"));
    table.put("data", Set.of("check", "tensor", "cuda", "core", "memory", "autograd"));
    table.put("io", Set.of("check", "tensor", "core", "memory", "memory.raw", "autograd"));
    table.put("profiler", Set.of("observe", "memory.raw", "core", "check"));
    table.put(
        "distributed",
        Set.of(
            "backend.cuda",
            "check",
            "core",
            "cuda",
            "data",
            "memory",
            "memory.raw",
            "nn",
            "primitive",
            "tensor",
            "autograd"));
    table.put("plot", Set.of("check", "tensor", "core", "memory", "autograd"));
    table.put(
        "", Set.of("check", "core", "memory", "autograd", "backend.cpu", "backend.cuda", "tensor"));
    return table;
  }

  /** Package of bindings to the only classes that may import it. */
  private static final Map<String, Set<String>> GATEWAYS =
      Map.of(
          "ffi.openblas",
              Set.of("backend.cpu.OpenBlas", "backend.cpu.Lapack", "backend.cpu.LapackSpectra"),
          "ffi.cuda", Set.of("backend.cuda.Driver"),
          "ffi.nvrtc", Set.of("backend.cuda.Nvrtc"),
          "ffi.cublas", Set.of("backend.cuda.Cublas"),
          "ffi.cublaslt", Set.of("backend.cuda.CublasLt"),
          "ffi.nccl", Set.of("backend.cuda.Nccl"),
          "ffi.kernels",
              Set.of(
                  "backend.cpu.AttentionCalls",
                  "backend.cpu.FormulaCalls",
                  "backend.cpu.ImageCalls",
                  "backend.cpu.IndexCalls",
                  "backend.cpu.Kernels",
                  "backend.cpu.NormalizingCalls",
                  "backend.cpu.OrderCalls",
                  "backend.cpu.ProductCalls",
                  "backend.cpu.RandomCalls",
                  "backend.cpu.StepCalls"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** The use of one package by another, and one place where it happens. */
  private record Edge(String from, String to) {}

  /** Every use of one of our packages by another of them, with the first line that shows it. */
  private static Map<Edge, String> edges() {
    var edges = new LinkedHashMap<Edge, String>();
    for (JavaClass type : CLASSES) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        var target = dependency.getTargetClass().getBaseComponentType();
        if (!isOurs(target)) {
          continue;
        }
        var edge = new Edge(name(type), name(target));
        if (!edge.from().equals(edge.to())) {
          edges.putIfAbsent(edge, dependency.getDescription());
        }
      }
    }
    return edges;
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  private static String name(JavaClass type) {
    var full = type.getPackageName();
    return full.equals(ROOT) ? "" : full.substring(ROOT.length() + 1);
  }

  /** The uses that a table does not permit. */
  private static List<String> violations(Map<Edge, String> edges, Map<String, Set<String>> table) {
    var found = new ArrayList<String>();
    edges.forEach(
        (edge, where) -> {
          if (!table.getOrDefault(edge.from(), Set.of()).contains(edge.to())) {
            found.add(violation(edge, where));
          }
        });
    return found;
  }

  private static String violation(Edge edge, String where) {
    return "'" + edge.from() + "' may not import '" + edge.to() + "': " + where;
  }

  @Test
  void importsOnlyWhatTheTablePermits() {
    assertEquals(List.of(), violations(edges(), MAY_IMPORT));
  }

  @Test
  void theTableNamesExactlyThePackagesThatExist() {
    var existing =
        CLASSES.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .filter(ArchitectureTest::isOurs)
            .map(ArchitectureTest::name)
            .collect(toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(MAY_IMPORT.keySet()), existing);
  }

  /** Where nothing is permitted, every use there is must be found, and there is at least one. */
  @Test
  void findsEveryUseThatIsNotPermitted() {
    var edges = edges();
    assertFalse(edges.isEmpty(), "no package of ours uses another");
    assertEquals(edges.size(), violations(edges, Map.of()).size());
    edges.forEach(
        (edge, where) -> {
          var poorer = new LinkedHashMap<>(MAY_IMPORT);
          poorer.computeIfPresent(edge.from(), (from, imports) -> without(imports, edge.to()));
          assertTrue(violations(edges, poorer).contains(violation(edge, where)), edge::toString);
        });
  }

  /** A package that may import others uses one of them: else this looks at the wrong classes. */
  @Test
  void everyPackageUsesSomethingThatItMayImport() {
    var users = edges().keySet().stream().map(Edge::from).collect(toSet());
    var idle = new TreeSet<>(MAY_IMPORT.keySet());
    idle.removeIf(name -> MAY_IMPORT.get(name).isEmpty() || users.contains(name));
    assertEquals(Set.of(), idle);
  }

  /** Peels off the packages that import nothing left; what remains is a cycle. */
  @Test
  void theTableHasNoCycle() {
    var rest = new TreeMap<String, Set<String>>();
    MAY_IMPORT.forEach((name, imports) -> rest.put(name, new TreeSet<>(imports)));
    boolean peeled = true;
    while (peeled) {
      var leaves = rest.keySet().stream().filter(name -> rest.get(name).isEmpty()).toList();
      leaves.forEach(rest::remove);
      rest.values().forEach(imports -> imports.removeAll(leaves));
      peeled = !leaves.isEmpty();
    }
    assertEquals(Map.of(), rest);
  }

  /** Generated bindings are reached through these classes only. */
  @Test
  void onlyGatewaysImportBindings() {
    var users = new TreeMap<String, Set<String>>();
    for (JavaClass type : CLASSES) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        var target = dependency.getTargetClass().getBaseComponentType();
        if (isOurs(target) && isBinding(target) && !isBinding(type)) {
          users.computeIfAbsent(name(target), key -> new TreeSet<>()).add(outermost(type));
        }
      }
    }
    assertEquals(GATEWAYS, users);
  }

  /** Code names a class by its simple name; only comments and texts may spell out a package. */
  @Test
  void classesOfJavaAreImported() throws IOException {
    var inline = Pattern.compile("(?<![\\w.\"])javax?\\.([a-z]+\\.)+[A-Z]");
    var found = new ArrayList<String>();
    try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        for (String line : Files.readAllLines(file)) {
          var code = line.strip();
          if (!code.startsWith("import ")
              && !code.startsWith("*")
              && !code.startsWith("/")
              && inline.matcher(code).find()) {
            found.add(file.getFileName() + ": " + code);
          }
        }
      }
    }
    assertEquals(List.of(), found);
  }

  private static boolean isBinding(JavaClass type) {
    return name(type).startsWith("ffi.");
  }

  private static String outermost(JavaClass type) {
    return type.getEnclosingClass()
        .map(ArchitectureTest::outermost)
        .orElseGet(() -> type.getName().substring(ROOT.length() + 1));
  }

  private static Set<String> without(Set<String> names, String name) {
    return names.stream().filter(other -> !other.equals(name)).collect(toSet());
  }
}
