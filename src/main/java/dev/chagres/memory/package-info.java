/**
 * Who owns bytes, and until when: storages, the pools they come from, and the scopes that give them
 * back.
 *
 * <p>The one idea to know: memory is blocks of a pool, each reused for as long as the program runs,
 * and a {@link dev.chagres.memory.Storage} has one on lease. Its slot of the lease ends exactly
 * once, by an atomic bit: through {@link dev.chagres.memory.Storage#free()}, through the end of its
 * {@link dev.chagres.memory.Scope}, or because the collector reports that nothing reaches it any
 * more. Whoever sets the bit, and nobody else, hands the block back.
 */
package dev.chagres.memory;
