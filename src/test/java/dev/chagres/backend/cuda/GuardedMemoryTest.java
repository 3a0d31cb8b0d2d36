package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.testing.OnCuda;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Where the emulator guards arrays it knows where they are. */
@OnCuda
@Tag("kernels")
@EnabledIfEnvironmentVariable(named = "CHAGRES_EMULATOR_GUARD", matches = "1")
class GuardedMemoryTest {
  @Test
  void nothingReachesBeyondAnArray() {
    Twins.cuda();
    Strided x = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 1, 10));
    Strided y = Twins.upload(Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 2, 20));
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    long from = CudaDevice.address(y);
    long to = CudaDevice.address(x);
    device.copy(from, to, 40);
    assertThrows(CudaException.class, () -> device.copy(from, to, 44));
  }
}
