/**
 * Several GPUs: collective operations of NCCL, networks that are trained on all of them, and which
 * samples each of them gets.
 *
 * <p>Imports tensor, nn, data, cuda, backend.cuda, memory, memory.raw, primitive, autograd, core
 * and check. The one idea: a rank is a GPU with a thread that works for it, in one process or in
 * many, and what ranks do together is put into their streams and not waited for.
 */
@NullMarked
package dev.chagres.distributed;

import org.jspecify.annotations.NullMarked;
