/**
 * Pictures: lines and points as PNG, and the graph behind a tensor as DOT text.
 *
 * <p>Imports tensor, core, autograd and check, and, in one class, XChart, which a program brings
 * only if it draws. The one idea: a plot is a value that describes a picture; saving draws it.
 */
@NullMarked
package dev.chagres.plot;

import org.jspecify.annotations.NullMarked;
