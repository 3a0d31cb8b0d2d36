/**
 * The tape and its reverse walk, over any type of value that can be added.
 *
 * <p>The one idea to know: a {@link dev.chagres.autograd.Node} is made after the nodes it leads to,
 * so walking pending nodes from the newest to the oldest is a reverse topological order, and the
 * {@link dev.chagres.autograd.Backward engine} needs no other bookkeeping. Rules return gradients;
 * only the engine adds them.
 */
package dev.chagres.autograd;
