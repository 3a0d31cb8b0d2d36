package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.rows.Family.Sizing;
import java.util.List;

/** The tables of a GPU, those first that targets speak of. */
public final class GpuRows {

  private static final List<Target> NONE = List.of();
  private static final List<Target> LAUNCHES = List.of(new Target.Faster(3));
  private static final List<Target> CNN = List.of(new Target.Faster(1));
  private static final String SIDES = "256 512 1024 2048 4096 8192";
  private static final String LARGE = "1e6 1e7 1e8";

  private GpuRows() {}

  public static List<Family> families() {
    return List.of(
        products(), elementwise(), launches(), training(), reductions(), rows(), sorts());
  }

  private static Family products() {
    return new Family(
            "Matrix products",
            "Square matrices. C is cuBLAS, called from C with the same operands.")
        .each(SIDES, "matmul #", product())
        .each(SIDES, "matmul, tf32 #", product())
        .each(SIDES, "matmul, bfloat16 #", product())
        .each(SIDES, "matmul, float16 #", product());
  }

  private static Sizing product() {
    return Sizing.operations(n -> 2.0 * n[0] * n[0] * n[0], _ -> List.of(new Target.OfC(0.98)));
  }

  private static Family elementwise() {
    return new Family(
            "Copies and elementwise operations",
            "`copy 1e8, into out` in C, the driver's copy, is the bandwidth that targets speak of.")
        .each(LARGE, "copy #, into out", moving(8))
        .each(LARGE, "add #", moving(12))
        .each("1e8", "add #, into out", moving(12))
        .each("1e8", "add a number #", moving(8))
        .each(LARGE, "exp #", moving(8))
        .each("1e8", "tanh #", moving(8))
        .each("1e8", "gelu #", moving(8))
        .each("1e8", "to float64 #", moving(12))
        .each("10000x10000", "copy transposed #", moving(8))
        .each("10000x10000", "add a row #", moving(8));
  }

  /** So many bytes for each element; of a hundred million it is a matter of bandwidth alone. */
  private static Sizing moving(int bytes) {
    return Sizing.bytes(
        bytes,
        shape -> {
          double count = 1;
          for (long size : shape) {
            count *= size;
          }
          return count >= 1e8 ? List.of(new Target.OfCopy(0.9)) : NONE;
        });
  }

  private static Family launches() {
    return new Family("Small operations", "Of these a launch is what takes time.")
        .rows(LAUNCHES, "add 1e3", "add 1e3, into out", "exp 1e3", "sum 1e3")
        .rows(LAUNCHES, "chain: (a + b) * c - d 1e3", "matmul 64", "softmax 64x10")
        .rows(LAUNCHES, "cross entropy, forward and backward 64x10");
  }

  private static Family training() {
    return new Family(
            "Steps of training",
            "As in the tables of the CPU. PyTorch's Adam goes over all parameters at once, as it"
                + " does by itself on a GPU, or fused where the name says so. All is float32 unless"
                + " the name says otherwise, convolutions too; steps in bfloat16 are under"
                + " autocast, with parameters in float32.")
        .rows(LAUNCHES, "step: scalar", "step: line through 80 points", "step: hidden layer 2-5-3")
        .rows(LAUNCHES, "step: MLP, batch 1", "step: MLP, batch 64", "step: MLP, depth 16")
        .rows(CNN, "step: MLP, batch 1024", "step: MLP, width 1024")
        .rows(CNN, "step: CNN, batch 64", "step: CNN, batch 256", "step: CNN, tf32, batch 256")
        .rows(CNN, "step: ResNet-18, images 224x224, batch 64")
        .rows(CNN, "step: ResNet-18, tf32, images 224x224, batch 64")
        .rows(CNN, "step: ResNet-18, bfloat16, images 224x224, batch 64")
        .rows(CNN, "step: GPT-2 124M, bfloat16, tokens 8x1024")
        .rows(CNN, "step: Adam alone 10x100", "step: Adam alone 200x1000")
        .rows(CNN, "step: Adam alone 20x100000")
        .rows(CNN, "step: Adam alone, beside torch's fused one 200x1000")
        .rows(CNN, "step: Adam alone, beside torch's fused one 20x100000")
        .rows(CNN, "step: SGD alone 200x1000");
  }

  private static Family reductions() {
    return new Family("Reductions", "Rows are the last dimension, which is contiguous.")
        .each(LARGE, "sum #", moving(4))
        .each("1e8", "mean #", moving(4))
        .each("1e8", "max #", moving(4))
        .each("1e8", "var #", moving(4))
        .each("10000x10000", "sum rows #", moving(4))
        .each("10000x10000", "sum columns #", moving(4))
        .rows(NONE, "argmax 1e7", "var of rows 1000x1000", "max of columns 1000x1000");
  }

  private static Family rows() {
    return new Family("Softmax, cross entropy, layer norm", "")
        .rows(NONE, "softmax 4096x4096", "softmax, forward and backward 4096x4096")
        .rows(NONE, "log softmax 4096x4096", "log softmax, forward and backward 4096x4096")
        .rows(NONE, "cross entropy 4096x4096", "cross entropy, forward and backward 4096x4096")
        .rows(NONE, "layer norm 4096x4096", "layer norm, forward and backward 4096x4096");
  }

  private static Family sorts() {
    return new Family(
            "Sorting, gather and scatter, scans",
            "Positions are random, 64 bits wide. PyTorch's sort is not asked to be stable.")
        .rows(NONE, "sort 1e6", "sort 1e7", "argsort 1e6", "sort rows 1000x1000")
        .rows(NONE, "topk 1e6", "topk of rows 1000x1000", "cumsum 1e7")
        .rows(NONE, "gather 1e7", "scatter add 1e6", "index select rows 100000x64");
  }
}
