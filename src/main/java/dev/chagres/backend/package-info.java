/**
 * The small closed vocabulary of kernels: the operation enums and {@link
 * dev.chagres.backend.Backend}, which a device implements.
 *
 * <p>The one idea to know: a backend sees operands of one dtype and one shape (broadcast by stride
 * 0) and fills a result that exists; everything before and after (checks, promotion, allocation,
 * gradients) is the tensor package's.
 */
package dev.chagres.backend;
