package dev.chagres.benchmarks.protocol;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The workloads that a side has, by the words of their names. */
public final class Recipes<T> {

  private final Map<String, Recipe<T>> recipes = new HashMap<>();

  public Recipes<T> add(String words, Recipe<T> recipe) {
    if (recipes.put(words, recipe) != null) {
      throw new IllegalArgumentException("two recipes are called " + words);
    }
    return this;
  }

  Optional<Recipe<T>> find(String words) {
    return Optional.ofNullable(recipes.get(words));
  }
}
