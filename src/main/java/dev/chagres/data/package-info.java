/**
 * Data for training: datasets, batches in a reproducible order, and a progress bar.
 *
 * <p>Imports tensor, cuda, core, memory, autograd and check. The one idea: a dataset answers for
 * positions, a loader chooses them, and a seed decides the order.
 */
@NullMarked
package dev.chagres.data;

import org.jspecify.annotations.NullMarked;
