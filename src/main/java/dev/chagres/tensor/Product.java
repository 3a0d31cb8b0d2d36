package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * What a function returned, and the product of its derivative with a vector.
 *
 * @param value what the function returned
 * @param product the product
 * @param <V> a tensor, or a list of them
 * @param <P> a tensor, or a list of them
 */
public record Product<V, P>(V value, P product) {
  /** Checks that both are there. */
  public Product {
    given("Product", "value", value);
    given("Product", "product", product);
  }
}
