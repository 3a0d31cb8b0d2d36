/**
 * The CPU: our own C kernels and OpenBLAS behind {@link dev.chagres.backend.Backend}.
 *
 * <p>May import: backend, memory, core, ffi.kernels, ffi.openblas. The one idea to know: the
 * gateways (Kernels, OpenBlas, Lapack) are the only doors to generated code, and one WorkerTeam is
 * the only thing that runs work in parallel: OpenBLAS computes on the thread that calls it.
 */
package dev.chagres.backend.cpu;
