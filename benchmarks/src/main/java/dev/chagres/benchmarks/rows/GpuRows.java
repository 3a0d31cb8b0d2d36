package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.protocol.Name;
import dev.chagres.benchmarks.rows.Family.Sizing;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/** The tables of a GPU, those first that targets speak of. */
public final class GpuRows {

  private static final List<Target> NONE = List.of();
  private static final List<Target> LAUNCHES = List.of(new Target.Faster(3));
  private static final List<Target> CNN = List.of(new Target.Faster(1));
  private static final String SIDES = "256 512 1024 2048 4096 8192";
  private static final String LARGE = "1e6 1e7 1e8";

  private static final Pattern SIZE = Pattern.compile("(?<=[ x])[0-9]+(e[0-9]+)?(?=[ ,x]|$)");

  /** A form of names whose sizes mean different things, and their miniature. */
  private record Miniature(String form, String small) {}

  /**
   * The first one holds. In TF32 and bfloat16 the last normalizations of ResNet-18 need several
   * images: of eight numbers a channel the rounding decides the second digit of the third loss.
   */
  private static final List<Miniature> MINIATURES =
      List.of(
          new Miniature("(step: MLP.*, batch) .*", "$1 4"),
          new Miniature("(step: CNN.*, batch) .*", "$1 1"),
          new Miniature("(step: ResNet-18, images) .*", "$1 64x64, batch 2"),
          new Miniature("(step: ResNet-18, .*, images) .*", "$1 64x64, batch 8"),
          new Miniature(
              "(step: GPT)-2 124M(.*), tokens .*", "$1$2, layers 1, width 64, tokens 2x16"),
          new Miniature("(attention.*) .*", "$1 2x2x40x64"));

  private GpuRows() {}

  public static List<Family> families() {
    return List.of(
        training(),
        captured(),
        products(),
        attention(),
        elementwise(),
        reductions(),
        launches(),
        optimizers(),
        compiled(),
        rows(),
        sorts());
  }

  /** Returns every recipe of all tables once, with small sizes: to try them without a GPU. */
  public static List<Family> rehearsal() {
    var all = new Family("Every recipe in miniature", "A rehearsal: the figures tell nothing.");
    var seen = new HashSet<String>();
    for (Family family : families()) {
      for (Row row : family.rows()) {
        if (seen.add(Name.of(row.name()).recipe())) {
          all.rows(row.targets(), miniature(row.name()));
        }
      }
    }
    return List.of(all);
  }

  /** Returns the name of a row with sizes that an emulator computes in a moment. */
  private static String miniature(String name) {
    for (Miniature each : MINIATURES) {
      if (name.matches(each.form)) {
        return name.replaceFirst(each.form, each.small);
      }
    }
    long most =
        name.contains("x") || name.startsWith("matmul") || name.startsWith("step") ? 48 : 500;
    return SIZE.matcher(name)
        .replaceAll(size -> "" + Math.min(most, (long) Double.parseDouble(size.group())));
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

  private static Family attention() {
    return new Family(
            "Attention",
            "Causal, of (batch, heads, tokens, width of a head); PyTorch's is"
                + " `scaled_dot_product_attention`, which chooses its kernel.")
        .rows(CNN, "attention, bfloat16 8x12x1024x64")
        .rows(CNN, "attention, bfloat16, forward and backward 8x12x1024x64")
        .rows(CNN, "attention, bfloat16, forward and backward 2x12x4096x128")
        .rows(NONE, "attention 8x12x1024x64", "attention, forward and backward 8x12x1024x64");
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
        .rows(CNN, "step: GPT-2 124M, bfloat16, tokens 8x1024")
        .rows(LAUNCHES, "step: scalar", "step: line through 80 points", "step: hidden layer 2-5-3")
        .rows(LAUNCHES, "step: MLP, batch 1", "step: MLP, batch 64", "step: MLP, depth 16")
        .rows(CNN, "step: CNN, batch 64", "step: CNN, batch 256", "step: CNN, tf32, batch 256")
        .rows(CNN, "step: ResNet-18, images 224x224, batch 64")
        .rows(CNN, "step: ResNet-18, tf32, images 224x224, batch 64")
        .rows(CNN, "step: ResNet-18, bfloat16, images 224x224, batch 64")
        .rows(CNN, "step: MLP, batch 1024", "step: MLP, width 1024");
  }

  private static Family captured() {
    return new Family(
            "Steps of training, captured in a graph",
            "After three steps as they are, which all sides do: `CudaGraph` beside"
                + " `torch.cuda.graph`, with an Adam that PyTorch calls capturable.")
        .rows(CNN, "step: scalar, captured", "step: line through 80 points, captured")
        .rows(CNN, "step: hidden layer 2-5-3, captured", "step: MLP, captured, batch 64")
        .rows(CNN, "step: CNN, captured, batch 64");
  }

  private static Family compiled() {
    return new Family(
            "Beside PyTorch's compiler",
            "PyTorch's model is what `torch.compile` made of it, before it is timed.")
        .rows(CNN, "step: GPT-2 124M, bfloat16, beside torch.compile, tokens 8x1024");
  }

  private static Family optimizers() {
    return new Family("Steps of optimizers", "")
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
    return new Family("Softmax, losses, layer norm", "")
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
