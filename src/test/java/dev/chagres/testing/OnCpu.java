package dev.chagres.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A test of a class {@link OnEveryDevice} that is about the CPU: skipped elsewhere, with why. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface OnCpu {
  /** Why it cannot run on another device. */
  String value();
}
