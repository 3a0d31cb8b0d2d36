/**
 * The CPU: our own C kernels and OpenBLAS behind {@link dev.chagres.backend.Backend}.
 *
 * <p>May import: backend, primitive, memory, memory.raw, core, ffi.kernels, ffi.openblas. The one
 * idea to know: the gateways (Kernels and the classes …Calls, OpenBlas, Lapack…) are the only doors
 * to generated code, and one WorkerTeam is the only thing that runs work in parallel: OpenBLAS
 * computes on its caller and on those of the team that join the call.
 */
package dev.chagres.backend.cpu;
