/**
 * Streams of GPUs, events in them, and graphs of captured work, for programs that let a GPU do
 * several things at once; most never need them. What holds for GPUs as a whole is in {@code
 * dev.chagres.Cuda}.
 *
 * <p>Imports backend.cuda, memory, core and check. The one idea: each thread gives its work to the
 * stream that it chose, and memory belongs to the stream that it was made in.
 */
@NullMarked
package dev.chagres.cuda;

import org.jspecify.annotations.NullMarked;
