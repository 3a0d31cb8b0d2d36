package dev.chagres.tensor;

/**
 * The greatest (or least) elements along a dimension, and their int64 positions in it.
 *
 * @param values the elements
 * @param indices where the first of them is in each line
 */
public record Extrema(Tensor values, Tensor indices) {}
