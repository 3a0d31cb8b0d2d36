/**
 * GPUs of NVIDIA: our own kernels, compiled by NVRTC, and cuBLAS behind {@link
 * dev.chagres.backend.Backend}.
 *
 * <p>May import: backend, memory, core, check, ffi.cuda, ffi.nvrtc, ffi.cublas, ffi.cublaslt,
 * ffi.nccl. The one idea to know: all work of a device goes to its one stream, so whatever was
 * called before is done before; the host waits only where it reads. The gateways (Driver, Nvrtc,
 * Cublas, CublasLt, Nccl) are the only doors to generated code, and {@link
 * dev.chagres.backend.cuda.CudaDevice} the only owner of what they make.
 */
package dev.chagres.backend.cuda;
