package dev.chagres.core;

/** On which side of another matrix a matrix stands in a product. */
public enum Side {
  LEFT,
  RIGHT
}
