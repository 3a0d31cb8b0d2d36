package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.backend.Formula;
import dev.chagres.core.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** NVIDIA's compiler takes every kernel of every dtype without a word, for all architectures. */
class KernelSourcesTest {
  private static final @Nullable RealNvrtc NVRTC = RealNvrtc.find();
  private static final List<String> ARCHITECTURES =
      List.of("sm_75", "sm_80", "sm_90", "sm_100", "sm_120");
  private static final Map<String, List<String>> EXPRESSIONS = KernelExpressions.all();

  /** So many in a program: of more each takes longer, of fewer all together do. */
  private static final int TOGETHER = 64;

  /** What leaves registers for memory is a warning. */
  private static final String SPILLS = "--ptxas-options=--warn-on-spills";

  /** What is for tensor cores, which the library does not use on sm_75. */
  private static boolean maySpill(String expression, String architecture) {
    return architecture.equals("sm_75") && expression.contains("Fragments");
  }

  static Set<String> files() {
    return EXPRESSIONS.keySet();
  }

  private static RealNvrtc nvrtc() {
    assumeTrue(
        NVRTC != null,
        "no NVRTC: name its folder by -Dchagres.test.nvrtc (pip install nvidia-cuda-nvrtc)");
    return NVRTC;
  }

  /** All of them to machine code: some minutes. */
  @Tag("slow")
  @ParameterizedTest
  @MethodSource("files")
  void everyKernelHasCode(String file) {
    List<String> all = EXPRESSIONS.get(file);
    for (String architecture : ARCHITECTURES) {
      for (int i = 0; i < all.size(); i += TOGETHER) {
        List<String> some = all.subList(i, Math.min(all.size(), i + TOGETHER));
        for (boolean spilling : new boolean[] {false, true}) {
          List<String> part =
              some.stream().filter(each -> maySpill(each, architecture) == spilling).toList();
          String option = spilling ? "--ptxas-options=-O3" : SPILLS;
          String said =
              part.isEmpty() ? "" : nvrtc().compile(Sources.of(file), part, architecture, option);
          assertEquals("", said, file + " for " + architecture);
        }
      }
    }
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

  /** What is written for fused functions, with every operation. */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void everyFormulaHasCode(DType dtype) {
    for (Formula formula : FormulaSamples.of(dtype)) {
      for (String architecture : ARCHITECTURES) {
        checkFormula(formula, architecture, "flat<1>", "flat<2>", "strided<int>");
      }
    }
  }

  /** To the language between, which all architectures have. */
  @ParameterizedTest
  @EnumSource
  void everyFormulaCompiles(DType dtype) {
    for (Formula formula : FormulaSamples.of(dtype)) {
      checkFormula(formula, "compute_75", "flat<2>", "strided<long long>");
    }
  }

  private static void checkFormula(Formula formula, String architecture, String... kernels) {
    Sources written = FormulaSource.of(formula);
    String said = nvrtc().compile(written, List.of(kernels), architecture);
    assertEquals("", said, () -> formula + " for " + architecture + ":\n" + written.text());
  }
}
