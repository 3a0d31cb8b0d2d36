package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.backend.TransferKernels;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import java.lang.ref.Reference;

/** What comes to a device, and what goes from it. */
record Transfers(CudaDevice device) implements TransferKernels {
  @Override
  public Strided constant(Number value, DType dtype) {
    return device.current().constants().get(value, dtype);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    long bytes = x.numel() * x.dtype().size();
    Device from = x.storage().device();
    Device to = y.storage().device();
    if (from.isCpu()) {
      device.upload(x.pointer(), CudaDevice.address(y), bytes);
    } else if (to.isCpu()) {
      device.download(CudaDevice.address(x), y.pointer(), bytes);
    } else if (from.equals(to)) {
      device.copy(CudaDevice.address(x), CudaDevice.address(y), bytes);
    } else {
      CudaDevice source = CudaRuntime.device(from);
      source.copyTo(CudaRuntime.device(to), CudaDevice.address(x), CudaDevice.address(y), bytes);
    }
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    long bytes = x.numel() * x.dtype().size();
    if (bytes > 0 && x.storage().isPinned() && isHere(y)) {
      device.send(x.storage(), x.pointer(), CudaDevice.address(y), bytes);
    } else if (bytes > 0 && y.storage().isPinned() && isHere(x)) {
      device.receive(CudaDevice.address(x), y.storage(), y.pointer(), bytes);
    } else {
      transfer(x, y);
    }
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
  }

  private boolean isHere(Strided x) {
    return x.storage().device().equals(device.device());
  }
}
