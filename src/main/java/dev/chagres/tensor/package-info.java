/**
 * Tensors: what they are, what can be done with them, and the gradients of that.
 *
 * <p>{@link dev.chagres.tensor.Tensor} is where to begin: it makes tensors and has what is computed
 * with them. {@link dev.chagres.tensor.Autograd} switches gradients off and on and has derivatives
 * of functions, {@link dev.chagres.tensor.Out} writes results into given tensors, {@link
 * dev.chagres.tensor.Special} and {@link dev.chagres.linalg.Linalg} have the rest of the functions,
 * {@link dev.chagres.tensor.Generator} draws random numbers of its own seed, and the small enums
 * are what an operation may be asked for, such as {@link dev.chagres.tensor.Keep}.
 *
 * <p>The one idea of how it is built: every operation goes through the one door of its family
 * (elementwise, reduction, view, index, copy, matrix product, joining), which checks, promotes,
 * broadcasts, allocates, runs one kernel and records one node; all else is composed from those.
 * {@link dev.chagres.tensor.Tensor} gets its methods from the interfaces of the families, and the
 * gradient of each kernel is a line of one table.
 */
@NullMarked
package dev.chagres.tensor;

import org.jspecify.annotations.NullMarked;
