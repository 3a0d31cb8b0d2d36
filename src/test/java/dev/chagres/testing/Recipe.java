package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What an argument of a call holds, apart from where the elements of its tensors will lie. */
sealed interface Recipe {
  /** The same with the magnitude of each element; those of one recipe are one again. */
  Recipe magnitudes(Map<Recipe, Recipe> known);

  /** Whether all its numbers are finite. */
  boolean isFinite();

  /** Anything that is not made of tensors, and is given to every call as it is. */
  record Given(@Nullable Object value) implements Recipe {
    @Override
    public Recipe magnitudes(Map<Recipe, Recipe> known) {
      return this;
    }

    @Override
    public boolean isFinite() {
      return !(value instanceof Number number) || Double.isFinite(number.doubleValue());
    }

    @Override
    public String toString() {
      return switch (value) {
        case null -> "null";
        case long[] items -> "new long[] " + braces(Arrays.toString(items));
        case int[] items -> "new int[] " + braces(Arrays.toString(items));
        case double[] items -> "new double[] " + braces(Arrays.toString(items));
        case Object[] items -> Arrays.deepToString(items);
        case String text -> '"' + text + '"';
        case Long number -> number + "L";
        case Enum<?> one -> one.getDeclaringClass().getSimpleName() + "." + one.name();
        default -> value.toString();
      };
    }
  }

  /** The elements of a tensor in row-major order, and the placement that is not contiguous. */
  record Elements(DType dtype, long[] sizes, byte[] bytes, Placement placement, boolean freed)
      implements Recipe {
    /** Returns the recipe of what a tensor holds now. */
    static Elements of(Tensor dense, Placement placement, boolean freed) {
      Tensor tensor = placement.place(dense.cpu()).tensor(); // in an expanded one elements are lost
      int size = tensor.dtype().size();
      byte[] bytes = new byte[Math.toIntExact(tensor.numel() * size)];
      MemorySegment from = RawMemory.of(tensor.storage());
      MemorySegment to = MemorySegment.ofArray(bytes);
      long[] at = {0};
      Cells.forEachPosition(
          tensor.layout(),
          position -> MemorySegment.copy(from, size * position, to, size * at[0]++, size));
      return new Elements(tensor.dtype(), tensor.shape().toArray(), bytes, placement, freed);
    }

    @Override
    public Elements magnitudes(Map<Recipe, Recipe> known) {
      return (Elements)
          known.computeIfAbsent(
              this,
              _ ->
                  dtype == DType.BOOL
                      ? this
                      : of(dense().abs(), Placement.CONTIGUOUS, /* freed= */ false));
    }

    @Override
    public boolean isFinite() {
      return Arrays.stream(Cells.doubles(dense())).allMatch(Double::isFinite);
    }

    long numel() {
      return bytes.length / dtype.size();
    }

    Tensor dense() {
      Tensor tensor = Tensor.empty(Device.cpu(), dtype, sizes);
      MemorySegment.copy(
          MemorySegment.ofArray(bytes), 0, RawMemory.of(tensor.storage()), 0, bytes.length);
      return tensor.to(DefaultDevice.get());
    }

    @Override
    public String toString() {
      Tensor tensor = dense();
      String values =
          dtype.isFloating()
              ? Arrays.stream(Cells.doubles(tensor))
                  .mapToObj(Elements::text)
                  .collect(Collectors.joining(", "))
              : Arrays.stream(Cells.longs(tensor))
                  .mapToObj(value -> value + "L")
                  .collect(Collectors.joining(", "));
      return "Placement.%s.place(Cells.tensor(DType.%s, new long[] %s, new %s[] {%s})).tensor()%s"
          .formatted(
              placement,
              dtype.name(),
              braces(Arrays.toString(sizes)),
              dtype.isFloating() ? "double" : "long",
              values,
              freed ? " /* freed */" : "");
    }

    private static String text(double value) {
      return Double.isFinite(value)
          ? Double.toString(value)
          : "Double."
              + (Double.isNaN(value) ? "NaN" : value > 0 ? "POSITIVE" : "NEGATIVE")
              + (Double.isNaN(value) ? "" : "_INFINITY");
    }
  }

  /** A list or an array of tensors. */
  record Several(List<Recipe> items, boolean isArray) implements Recipe {
    @Override
    public boolean isFinite() {
      return items.stream().allMatch(Recipe::isFinite);
    }

    @Override
    public Recipe magnitudes(Map<Recipe, Recipe> known) {
      return new Several(items.stream().map(item -> item.magnitudes(known)).toList(), isArray);
    }

    @Override
    public String toString() {
      return items.stream()
          .map(Recipe::toString)
          .collect(
              Collectors.joining(
                  ", ", isArray ? "new Tensor[] {" : "List.of(", isArray ? "}" : ")"));
    }
  }

  /** A record of tensors, such as the values and the indices that a call writes to. */
  record Compound(Class<?> type, List<Recipe> parts) implements Recipe {
    @Override
    public boolean isFinite() {
      return parts.stream().allMatch(Recipe::isFinite);
    }

    @Override
    public Recipe magnitudes(Map<Recipe, Recipe> known) {
      return new Compound(type, parts.stream().map(part -> part.magnitudes(known)).toList());
    }

    @Override
    public String toString() {
      return parts.stream()
          .map(Recipe::toString)
          .collect(Collectors.joining(", ", "new " + type.getSimpleName() + "(", ")"));
    }
  }

  private static String braces(String list) {
    return list.replace('[', '{').replace(']', '}');
  }

  /** Where the elements of tensors lie, and whether they are recorded. */
  record Way(boolean placed, boolean recorded) {}

  /** What memory held, and how often it had been written to. */
  record Held(long[] bits, long version) {
    static Held by(Tensor tensor) {
      long[] bits = Cells.bits(tensor);
      return new Held(bits, tensor.storage().version());
    }
  }

  /** A tensor that a recipe became, what lies around it, and what both held. */
  record Ingredient(
      Elements recipe,
      Tensor tensor,
      Layout layout,
      Tensor carrier,
      @Nullable Tensor leaf,
      Held before) {}

  /** The arguments of one call in one way; equal recipes become one tensor. */
  final class Kitchen {
    private final Way way;
    private final Map<Elements, Ingredient> made = new IdentityHashMap<>();
    private final List<Ingredient> ingredients = new ArrayList<>();

    Kitchen(Way way) {
      this.way = way;
    }

    List<Ingredient> ingredients() {
      return ingredients;
    }

    @Nullable Object make(Recipe recipe) {
      return switch (recipe) {
        case Given given -> given.value();
        case Elements elements -> tensor(elements).tensor();
        case Several several -> {
          List<Object> items = several.items().stream().map(this::make).toList();
          yield several.isArray() ? items.toArray(new Tensor[0]) : items;
        }
        case Compound compound -> {
          Object[] parts = compound.parts().stream().map(this::make).toArray();
          Constructor<?> maker = compound.type().getConstructors()[0];
          try {
            yield maker.newInstance(parts);
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
          }
        }
      };
    }

    Ingredient tensor(Elements elements) {
      Ingredient known = made.get(elements);
      if (known != null) {
        return known;
      }
      Placement placement = way.placed() ? elements.placement() : Placement.CONTIGUOUS;
      Placement.Placed placed = placement.place(elements.dense());
      Tensor carrier = placed.carrier();
      Tensor tensor = placed.tensor();
      Tensor leaf = null;
      if (way.recorded() && elements.dtype().isFloating()) {
        leaf = carrier.requiresGrad_();
        carrier = leaf.clone(); // what a leaf is made of may be written to
        tensor = placement.view(carrier, elements.sizes());
      }
      Tensor watched = carrier.detach(); // a call may give the tensor itself another layout
      Held before = Held.by(watched);
      if (elements.freed()) {
        carrier.storage().free();
      }
      Ingredient fresh = new Ingredient(elements, tensor, tensor.layout(), watched, leaf, before);
      made.put(elements, fresh);
      ingredients.add(fresh);
      return fresh;
    }
  }
}
