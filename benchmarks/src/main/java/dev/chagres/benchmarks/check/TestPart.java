package dev.chagres.benchmarks.check;

import java.util.List;
import java.util.function.Supplier;

/** Test classes as they are, on one device, or what else is told by its name. */
final class TestPart implements Part {

  private static final int MOST_PROCESSES = 6;

  private final String name;
  private final String title;
  private final double limit;
  private final Supplier<List<String>> classes;
  private final String remark;
  private final Tests tests;
  private final boolean beside;

  TestPart(
      String name,
      String title,
      double limit,
      Supplier<List<String>> classes,
      String remark,
      Tests tests,
      boolean beside) {
    this.name = name;
    this.title = title;
    this.limit = limit;
    this.classes = classes;
    this.remark = remark;
    this.tests = tests;
    this.beside = beside;
  }

  /** Something of each kind of operation, beside the CPU. */
  static Part smoke(Setting setting) {
    return new TestPart(
        "smoke",
        "Something of everything",
        30,
        () -> Smoke.NAMES,
        "Small workloads on the GPU, beside the same on the CPU: what does not compile or run at"
            + " all shows here first.",
        new Tests(
            setting,
            "smoke",
            List.of(),
            setting.onGpu(),
            new Tests.Runner(Smoke.class.getName(), List.of(), 20),
            true),
        false);
  }

  /** All that holds on a GPU. */
  static Part onGpu(Setting setting) {
    return new TestPart(
        "matrix",
        "The tests on the GPU",
        140,
        chosen(
            setting,
            List.of("dev.chagres.tensor.CudaTensorTest", "dev.chagres.nn.CrossEntropyTest"),
            () -> Tests.foundOnGpu(setting.tests())),
        "Those of CUDA's own ways, and those that hold on every device, with the libraries of this"
            + " machine.",
        new Tests(
            setting,
            "matrix",
            List.of(),
            setting.onGpu("-Dchagres.test.device=cuda:0"),
            Tests.Runner.ofTags("cuda | devices"),
            true),
        false);
  }

  /** All that holds on the CPU, its kernels first. */
  static Part onCpu(Setting setting) {
    return new TestPart(
        "cpu",
        "The tests on the CPU",
        80,
        chosen(
            setting,
            List.of("dev.chagres.testing.ReductionsTest"),
            () -> Tests.foundOnCpu(setting.tests())),
        "With the widest variant of the kernels that this processor has, which the versions above"
            + " name, beside what comes next.",
        new Tests(
            setting,
            "cpu",
            List.of(),
            List.of("-Dchagres.cuda.path=none"),
            Tests.Runner.ofTags("!cuda & !launches"),
            false),
        true);
  }

  /** Returns what looks for the classes when the part begins, as it may fail. */
  private static Supplier<List<String>> chosen(
      Setting setting, List<String> quick, Supplier<List<String>> all) {
    if (!setting.classes().isEmpty()) {
      return setting::classes;
    }
    return setting.quick() ? () -> quick : all;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public double limit() {
    return limit;
  }

  @Override
  public boolean isBeside() {
    return beside;
  }

  @Override
  public void run(double seconds) throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    tests.run(classes.get(), Math.clamp(processors / 2, 1, MOST_PROCESSES), seconds);
  }

  @Override
  public State state() {
    return new State(tests.verdict(), tests.counts(), remark + " " + tests.details());
  }
}
