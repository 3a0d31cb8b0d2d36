package dev.chagres.testing;

import dev.chagres.Cuda;
import dev.chagres.core.Device;

/** The device of this run of the tests that hold on every device. */
public final class TestDevice {
  private static final Device DEVICE = Device.of(System.getProperty("chagres.test.device", "cpu"));

  private TestDevice() {}

  static Device get() {
    return DEVICE;
  }

  public static boolean isCpu() {
    return DEVICE.isCpu();
  }

  /**
   * Tells whether streams work only when somebody waits for them: the emulator does if it is told
   * to, and a GPU never.
   */
  public static boolean runsLate() {
    return "1".equals(System.getenv("CHAGRES_EMULATOR_LAZY"))
        && Cuda.getDeviceName(0).equals("Chagres emulator");
  }

  /** How long a random test is: a fiftieth, where each call is a launch on an emulator. */
  public static int count(String property, int onCpu) {
    return Integer.getInteger(property, isCpu() ? onCpu : Math.max(1, onCpu / 50));
  }
}
