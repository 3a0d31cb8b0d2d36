/**
 * What every package checks of its arguments in the same words. Not exported.
 *
 * <p>Imports nothing.
 */
@NullMarked
package dev.chagres.check;

import org.jspecify.annotations.NullMarked;
