package dev.chagres.autograd;

/** Where a gradient goes: one of the results of an operation. */
public record Edge<T>(Node<T> node, int slot) {}
