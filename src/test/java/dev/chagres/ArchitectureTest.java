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
import dev.chagres.backend.Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * The tables of DESIGN.md: which package may import which, and which classes a family of kernels
 * has. A package is named by what follows {@code dev.chagres.}; the root package, by the empty
 * text.
 */
class ArchitectureTest {
  private static final String ROOT = "dev.chagres";
  private static final List<String> DEVICES = List.of("cpu", "cuda");

  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** Package to the packages that it may import. What is not in this table may not exist. */
  private static final Map<String, Set<String>> MAY_IMPORT = mayImport();

  private static Map<String, Set<String>> mayImport() {
    var table = new LinkedHashMap<String, Set<String>>();
    for (List<String> row : rows("package")) {
      var imports =
          row.getLast().equals("–") ? Set.<String>of() : Set.of(row.getLast().split(", ", -1));
      for (String name : codes(row.getFirst())) {
        table.put(name.equals(ROOT) ? "" : name, imports);
      }
    }
    return table;
  }

  /** The rows of a table of DESIGN.md whose first column has this head. */
  private static List<List<String>> rows(String head) {
    try (Stream<String> lines = Files.lines(Path.of("DESIGN.md"))) {
      return lines
          .dropWhile(line -> !line.startsWith("| " + head + " |"))
          .skip(2)
          .takeWhile(line -> line.startsWith("|"))
          .map(line -> List.of(line.substring(2, line.length() - 2).split(" [|] ", -1)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> codes(String cell) {
    return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
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
                  "backend.cpu.RecurrentCalls",
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

  /** The table of families names those that there are, and a class of each device for each. */
  @Test
  void everyFamilyOfKernelsHasItsClasses() {
    var table = new ArrayList<String>();
    for (List<String> row : rows("family")) {
      String family = codes(row.getFirst()).getFirst();
      table.add(family);
      for (int i = 0; i < DEVICES.size(); i++) {
        String cell = row.get(2 + i);
        String place = cell.contains("in `backend`") ? "" : "." + DEVICES.get(i);
        JavaClass type = CLASSES.get(ROOT + ".backend" + place + "." + codes(cell).getFirst());
        assertTrue(type.isAssignableTo(ROOT + ".backend." + family), type + " as " + family);
      }
    }
    var families =
        Stream.of(Backend.class.getRecordComponents()).map(each -> each.getType().getSimpleName());
    assertEquals(new TreeSet<>(families.toList()), new TreeSet<>(table));
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
