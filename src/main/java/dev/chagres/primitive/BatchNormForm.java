package dev.chagres.primitive;

/**
 * How batch normalization is done.
 *
 * @param training whether by the batch's own means and variances, towards which the running ones
 *     move, if there are any; else by those that are given
 * @param momentum how far they move
 * @param eps what is added to variances
 */
public record BatchNormForm(boolean training, double momentum, double eps) {}
