/**
 * Who owns bytes, and until when: storages, the pools they come from, and the scopes that give them
 * back.
 *
 * <p>May import: {@code core}. The one idea to know: memory is a permanent block of a pool, and a
 * {@link dev.chagres.memory.Storage} is one <em>lease</em> of it. A lease ends exactly once: by
 * {@link dev.chagres.memory.Storage#free()}, by the end of its {@link dev.chagres.memory.Scope}, or
 * because nothing reaches the storage any more; whoever first takes the lease off the block wins,
 * and nobody is handed a block that still has one.
 */
package dev.chagres.memory;
