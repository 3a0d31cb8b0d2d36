package dev.chagres.testing;

import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.tensor.DefaultDevice;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that hold on every device: they run once with the CPU as the default device, and once more,
 * in the JVM that has a GPU or the emulator of one, with that. A method that is about the CPU's own
 * ways has {@link OnCpu}. Which classes do not have this annotation, and why, {@code DevicesTest}
 * lists.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("devices")
@ExtendWith(OnEveryDevice.Extension.class)
public @interface OnEveryDevice {
  /** Whether calls wait for the GPU, so that a bad index is thrown by the call itself. */
  boolean blocking() default false;

  /**
   * Makes the device the default one while a class runs, and waits for it at the end of each test,
   * so that what went wrong there is told of the test that it belongs to.
   */
  final class Extension
      implements ExecutionCondition, BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (TestDevice.isCpu()) {
        return ConditionEvaluationResult.enabled("on the CPU");
      }
      OnCpu only = context.getElement().map(e -> e.getAnnotation(OnCpu.class)).orElse(null);
      if (only != null) {
        return ConditionEvaluationResult.disabled("on the CPU only: " + only.value());
      }
      return Cuda.isAvailable()
          ? ConditionEvaluationResult.enabled("there are GPUs")
          : ConditionEvaluationResult.disabled("no GPU: " + Cuda.whyNot());
    }

    @Override
    public void beforeAll(ExtensionContext context) {
      if (!TestDevice.isCpu()) {
        OnEveryDevice wanted = context.getRequiredTestClass().getAnnotation(OnEveryDevice.class);
        DefaultDevice.set(TestDevice.get());
        Cuda.setLaunchBlocking(wanted != null && wanted.blocking());
      }
    }

    @Override
    public void afterEach(ExtensionContext context) {
      if (!TestDevice.isCpu()) {
        Cuda.synchronize();
      }
    }

    @Override
    public void afterAll(ExtensionContext context) {
      if (!TestDevice.isCpu()) {
        Cuda.setLaunchBlocking(false);
        DefaultDevice.set(Device.cpu());
      }
    }
  }
}
