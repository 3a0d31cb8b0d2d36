package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Modules of one kind that another calls as it likes, named 0, 1, …; they are not called by the
 * list.
 *
 * @param <M> what they are
 */
public final class ModuleList<M extends Module> extends Module implements Iterable<M> {
  private final List<M> modules = new ArrayList<>();

  /** Makes a list of these modules. */
  @SafeVarargs
  @SuppressWarnings("varargs") // which is only read
  public ModuleList(M... modules) {
    given("ModuleList", "modules", modules);
    for (M module : modules) {
      append(module);
    }
  }

  /** Makes a list of these modules. */
  public ModuleList(Iterable<? extends M> modules) {
    add(modules);
  }

  private void add(Iterable<? extends M> more) {
    each("ModuleList", "a module", given("ModuleList", "modules", more)).forEach(this::append);
  }

  /**
   * Appends a module and returns this list.
   *
   * @throws IllegalArgumentException if this list is inside the module
   */
  public ModuleList<M> append(M module) {
    register(Integer.toString(modules.size()), module);
    modules.add(module);
    return this;
  }

  /** Appends these modules and returns this list. */
  public ModuleList<M> extend(Iterable<? extends M> more) {
    add(more);
    return this;
  }

  /**
   * Puts a module before the one at a position, or last, and returns this list; negative positions
   * count from the end.
   */
  public ModuleList<M> insert(int position, M module) {
    int at = position == modules.size() ? position : at(position);
    List<M> later = new ArrayList<>(modules.subList(at, modules.size()));
    if (later.isEmpty()) {
      return append(module);
    }
    append(later.getLast());
    for (int i = modules.size() - 2; i > at; i--) {
      set(i, later.get(i - 1 - at));
    }
    set(at, module);
    return this;
  }

  /**
   * Puts a module in the place of another, which it returns; negative positions count from the end.
   */
  public M set(int position, M module) {
    int at = at(position);
    registerOrReplace(Integer.toString(at), module);
    return modules.set(at, module);
  }

  /** Removes the last module and returns it. */
  public M removeLast() {
    int at = at(-1);
    unregister(Integer.toString(at));
    return modules.remove(at);
  }

  /** Returns the module at a position; a negative one counts from the end. */
  public M get(int position) {
    return modules.get(at(position));
  }

  private int at(int position) {
    int at = position < 0 ? position + modules.size() : position;
    if (at < 0 || at >= modules.size()) {
      throw new IndexOutOfBoundsException(
          "ModuleList: there is no module " + position + " among " + modules.size());
    }
    return at;
  }

  /** Returns the number of modules. */
  public int size() {
    return modules.size();
  }

  @Override
  public Iterator<M> iterator() {
    return List.copyOf(modules).iterator();
  }

  /** Prints neighbours that look the same as one, as {@code (0-2): 3 x ReLU()}. */
  @Override
  Map<String, String> printedChildren() {
    Map<String, String> texts = new LinkedHashMap<>();
    List<String> all = modules.stream().map(Module::toString).toList();
    int start = 0;
    while (start < all.size()) {
      String text = all.get(start);
      int end = start;
      while (end < all.size() && all.get(end).equals(text)) {
        end++;
      }
      int count = end - start;
      texts.put(
          count == 1 ? Integer.toString(start) : start + "-" + (end - 1),
          count == 1 ? text : count + " x " + text);
      start = end;
    }
    return texts;
  }
}
