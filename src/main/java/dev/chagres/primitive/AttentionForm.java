package dev.chagres.primitive;

/**
 * How the scores of attention are made.
 *
 * @param scale their factor
 * @param causal whether a query sees only the keys up to its own number
 */
public record AttentionForm(double scale, boolean causal) {}
