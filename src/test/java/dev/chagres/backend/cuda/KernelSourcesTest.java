package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** NVIDIA's compiler takes every kernel of every dtype without a word, for all architectures. */
class KernelSourcesTest {
  private static final @Nullable RealNvrtc NVRTC = RealNvrtc.find();
  private static final List<String> ARCHITECTURES =
      List.of("sm_75", "sm_80", "sm_90", "sm_100", "sm_120");
  private static final Map<String, List<String>> EXPRESSIONS = KernelExpressions.all();

  static Set<String> files() {
    return EXPRESSIONS.keySet();
  }

  private static RealNvrtc nvrtc() {
    assumeTrue(
        NVRTC != null,
        "no NVRTC: name its folder by -Dchagres.test.nvrtc (pip install nvidia-cuda-nvrtc)");
    return NVRTC;
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("files")
  void everyKernelCompiles(String file) {
    assertEquals("", nvrtc().compile(Sources.of(file), EXPRESSIONS.get(file), "compute_75"), file);
  }

  /** To machine code: one expression of each kernel. */
  @ParameterizedTest
  @MethodSource("files")
  void everyArchitectureHasCode(String file) {
    Map<String, String> one = new LinkedHashMap<>();
    for (String expression : EXPRESSIONS.get(file)) {
      one.putIfAbsent(expression.split("<", 2)[0], expression);
    }
    for (String architecture : ARCHITECTURES) {
      String said = nvrtc().compile(Sources.of(file), List.copyOf(one.values()), architecture);
      assertEquals("", said, file + " for " + architecture);
    }
  }
}
