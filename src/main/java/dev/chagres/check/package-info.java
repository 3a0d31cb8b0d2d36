/**
 * What every package says in the same words: which argument is missing, a place in the user's
 * program, an amount of memory, a number of Python. Not exported.
 *
 * <p>Imports nothing.
 */
@NullMarked
package dev.chagres.check;

import org.jspecify.annotations.NullMarked;
