/**
 * What layers and optimizers are made of beyond the operations that users have. Not exported:
 * layers, losses and optimizers are what users call.
 *
 * <p>The one idea to know: {@code tensor} implements it, and a tensor knows who computes these
 * operations on it ({@link dev.chagres.primitive.Operand}), so that the packages above reach them,
 * and users do not.
 */
@NullMarked
package dev.chagres.primitive;

import org.jspecify.annotations.NullMarked;
