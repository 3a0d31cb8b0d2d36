/**
 * Optimizers: how parameters follow their gradients.
 *
 * <p>Imports tensor, core, memory and autograd. The one idea: an optimizer is a formula for one
 * parameter, run as one native pass; groups, state and their storage are the same for all.
 */
@NullMarked
package dev.chagres.optim;

import org.jspecify.annotations.NullMarked;
