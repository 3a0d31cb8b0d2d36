/**
 * Tensors: what they are, what can be done with them, and the gradients of that.
 *
 * <p>The one idea to know: every operation goes through the one door of its family (elementwise,
 * reduction, view, index, copy, matrix product, joining), which checks, promotes, broadcasts,
 * allocates, runs one kernel and records one node; all else is composed from those. {@link
 * dev.chagres.tensor.Tensor} gets its methods from the interfaces of the families, and the gradient
 * of each kernel is a line of one table.
 */
@NullMarked
package dev.chagres.tensor;

import org.jspecify.annotations.NullMarked;
