package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;

/** Names of element types in the kernels' C++. */
final class Types {
  private Types() {}

  /** Returns the type of a dtype's elements in memory. */
  static String of(DType dtype) {
    return switch (dtype) {
      case BOOL -> "Bool";
      case UINT8 -> "uint8_t";
      case INT8 -> "int8_t";
      case INT16 -> "short";
      case INT32 -> "int";
      case INT64 -> "long long";
      case FLOAT16 -> "Half";
      case BFLOAT16 -> "BFloat16";
      case FLOAT32 -> "float";
      case FLOAT64 -> "double";
    };
  }

  static String of(Strided x) {
    return of(x.dtype());
  }

  /** Returns the type of elements that are moved, and not looked at. */
  static String bits(Strided x) {
    return "uint" + 8 * x.dtype().size() + "_t";
  }
}
