package dev.chagres.testing;

import dev.chagres.Cuda;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that need a GPU, or the emulator of one: skipped, with the reason, where there is none.
 * They run in a JVM of their own.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("cuda")
@ExtendWith(OnCuda.Condition.class)
public @interface OnCuda {
  /** How many GPUs are needed. */
  int devices() default 1;

  /** Looks whether they are there. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      int needed =
          context
              .getElement()
              .map(element -> element.getAnnotation(OnCuda.class))
              .map(OnCuda::devices)
              .orElse(1);
      if (Cuda.deviceCount() >= needed) {
        return ConditionEvaluationResult.enabled("there are GPUs");
      }
      return ConditionEvaluationResult.disabled(
          Cuda.isAvailable()
              ? needed + " GPUs are needed, and there are " + Cuda.deviceCount()
              : "no GPU: " + Cuda.whyNot());
    }
  }
}
