/**
 * GPUs of NVIDIA: our own kernels, compiled by NVRTC, and cuBLAS behind {@link
 * dev.chagres.backend.Backend}.
 *
 * <p>The one idea to know: work goes to the stream that is current on the calling thread, one for
 * each device until a program chooses another, so whatever was called before is done before; memory
 * belongs to the stream that it was made in, and the host waits only where it reads. The gateways
 * (Driver, Nvrtc, Cublas, CublasLt, Nccl) are the only doors to generated code, and {@link
 * dev.chagres.backend.cuda.CudaDevice} the only owner of what they make.
 */
package dev.chagres.backend.cuda;
