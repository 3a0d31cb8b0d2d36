/**
 * Optimizers: how parameters follow their gradients.
 *
 * <p>Imports tensor, primitive, core, memory, autograd and check. The one idea: an optimizer is a
 * formula for one parameter, run as one native pass; groups, state and their storage are the same
 * for all.
 */
@NullMarked
package dev.chagres.optim;

import org.jspecify.annotations.NullMarked;
