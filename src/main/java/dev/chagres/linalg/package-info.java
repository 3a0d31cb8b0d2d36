/**
 * Linear algebra: PyTorch's {@code torch.linalg}, through LAPACK.
 *
 * <p>Imports tensor, autograd, primitive, core and check. The one idea: the factorisations come
 * without gradients ({@link dev.chagres.primitive.Factorizations}); here each is a {@link
 * dev.chagres.tensor.Function} whose rule is a formula of matrices, written with operations that
 * have gradients themselves, and all else is composed of these.
 */
@NullMarked
package dev.chagres.linalg;

import org.jspecify.annotations.NullMarked;
