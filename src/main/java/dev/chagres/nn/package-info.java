/**
 * Networks: modules with parameters, layers, losses, initial values, and the functions behind them.
 *
 * <p>Imports tensor, primitive, core, memory, autograd and check. The one idea: a {@link
 * dev.chagres.nn.Module} is a tree of named parameters, and calling it is a function; everything
 * else walks that tree.
 */
@NullMarked
package dev.chagres.nn;

import org.jspecify.annotations.NullMarked;
