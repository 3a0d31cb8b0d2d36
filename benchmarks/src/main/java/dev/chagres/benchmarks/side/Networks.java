package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.below;
import static dev.chagres.benchmarks.side.Inputs.positive;
import static dev.chagres.core.DType.BFLOAT16;

import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.nn.AdaptiveAvgPool2d;
import dev.chagres.nn.Attention;
import dev.chagres.nn.BatchNorm2d;
import dev.chagres.nn.Bias;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Embedding;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GELU;
import dev.chagres.nn.Identity;
import dev.chagres.nn.LayerNorm;
import dev.chagres.nn.Linear;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.Module;
import dev.chagres.nn.ModuleList;
import dev.chagres.nn.Sequential;
import dev.chagres.optim.AdamW;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Steps of larger networks: ResNet-18 (He et al., 2015), and GPT-2 (Radford et al., 2019). */
final class Networks {

  private Networks() {}

  static void in(Recipes<Tensor> recipes) {
    UnaryOperator<Supplier<Tensor>> plain = UnaryOperator.identity();
    recipes
        .add("step: ResNet-18, images, batch", s -> resnet(s, plain))
        .add("step: ResNet-18, tf32, images, batch", s -> Products.inTf32(resnet(s, plain)))
        .add("step: ResNet-18, bfloat16, images, batch", s -> resnet(s, Networks::inBfloat16))
        .add("step: GPT, layers, width, tokens", s -> gpt(512, s, plain))
        .add("step: GPT, bfloat16, layers, width, tokens", Networks::smallGpt)
        .add("step: GPT, bfloat16, beside torch.compile, layers, width, tokens", Networks::smallGpt)
        .add("step: GPT-2 124M, bfloat16, tokens", Networks::gpt2)
        .add("step: GPT-2 124M, bfloat16, beside torch.compile, tokens", Networks::gpt2);
  }

  private static Task<Tensor> smallGpt(long... sizes) {
    return gpt(512, sizes, Networks::inBfloat16);
  }

  private static Task<Tensor> gpt2(long... sizes) {
    return gpt(50257, new long[] {12, 768, sizes[0], sizes[1]}, Networks::inBfloat16);
  }

  // ---- ResNet-18

  /** Two convolutions, each normalized, beside a way past them. */
  private static final class Residual extends Module {
    final Conv2d conv1;
    final BatchNorm2d bn1;
    final Conv2d conv2;
    final BatchNorm2d bn2;
    final Module downsample;

    Residual(long in, long out, long stride) {
      conv1 = register("conv1", convolution(in, out, 3, stride));
      bn1 = register("bn1", new BatchNorm2d(out));
      conv2 = register("conv2", convolution(out, out, 3, 1));
      bn2 = register("bn2", new BatchNorm2d(out));
      downsample =
          register(
              "downsample",
              in == out && stride == 1
                  ? new Identity()
                  : new Sequential(convolution(in, out, 1, stride), new BatchNorm2d(out)));
    }

    @Override
    public Tensor forward(Tensor x) {
      var y = bn1.call(conv1.call(x)).relu();
      return bn2.call(conv2.call(y)).add(downsample.call(x)).relu();
    }
  }

  private static final class ResNet18 extends Module {
    final Conv2d conv1 = register("conv1", convolution(3, 64, 7, 2));
    final BatchNorm2d bn1 = register("bn1", new BatchNorm2d(64));
    final MaxPool2d maxpool =
        register("maxpool", new MaxPool2d(3, MaxPool2d.options(3).stride(2).padding(1)));
    final ModuleList<Residual> blocks =
        register(
            "blocks",
            new ModuleList<>(
                new Residual(64, 64, 1),
                new Residual(64, 64, 1),
                new Residual(64, 128, 2),
                new Residual(128, 128, 1),
                new Residual(128, 256, 2),
                new Residual(256, 256, 1),
                new Residual(256, 512, 2),
                new Residual(512, 512, 1)));
    final AdaptiveAvgPool2d avgpool = register("avgpool", new AdaptiveAvgPool2d(1));
    final Linear fc = register("fc", new Linear(512, 1000));

    @Override
    public Tensor forward(Tensor x) {
      var y = maxpool.call(bn1.call(conv1.call(x)).relu());
      for (var block : blocks) {
        y = block.call(y);
      }
      return fc.call(avgpool.call(y).flatten(1));
    }
  }

  private static Conv2d convolution(long in, long out, long kernel, long stride) {
    var options = Conv2d.options().stride(stride).padding(kernel / 2).bias(Bias.NONE);
    return new Conv2d(in, out, kernel, options);
  }

  /**
   * Of images of height and width, so many in a batch. With larger steps the rounding of the first
   * would decide the third digit of the third loss.
   */
  private static Task<Tensor> resnet(long[] sizes, UnaryOperator<Supplier<Tensor>> region) {
    var model = begun(new ResNet18());
    var x = positive(1, sizes[2], 3, sizes[0], sizes[1]);
    var y = below(2, 1000, sizes[2]);
    var criterion = new CrossEntropyLoss();
    var optimizer = new SGD(model.parameters(), SGD.options().lr(1e-3).momentum(0.9));
    return Training.step(optimizer, region.apply(() -> criterion.call(model.call(x), y)));
  }

  // ---- GPT

  /** Attention and a hidden layer, each normalized first and added to what it was made of. */
  private static final class Block extends Module {
    final long heads;
    final LayerNorm ln1;
    final Linear attention;
    final Linear projection;
    final LayerNorm ln2;
    final Sequential mlp;

    Block(long width) {
      heads = width / 64;
      ln1 = register("ln1", new LayerNorm(width));
      attention = register("attention", new Linear(width, 3 * width));
      projection = register("projection", new Linear(width, width));
      ln2 = register("ln2", new LayerNorm(width));
      mlp =
          register(
              "mlp",
              new Sequential(
                  new Linear(width, 4 * width),
                  new GELU(GELU.Approximate.TANH),
                  new Linear(4 * width, width)));
    }

    @Override
    public Tensor forward(Tensor x) {
      var parts = attention.call(ln1.call(x)).unflatten(-1, 3, heads, 64);
      var qkv = parts.permute(2, 0, 3, 1, 4).unbind(0);
      var seen =
          Functional.scaledDotProductAttention(
              qkv.get(0), qkv.get(1), qkv.get(2), Attention.options().isCausal());
      var y = x.add(projection.call(seen.transpose(1, 2).flatten(2)));
      return y.add(mlp.call(ln2.call(y)));
    }
  }

  /** Scores of the next token; what looks tokens up gives the scores too. */
  private static final class Gpt extends Module {
    final Embedding tokens;
    final Embedding places;
    final ModuleList<Block> blocks;
    final LayerNorm norm;

    Gpt(long vocabulary, long layers, long width, long context) {
      tokens = register("tokens", new Embedding(vocabulary, width));
      places = register("places", new Embedding(context, width));
      blocks = register("blocks", new ModuleList<>());
      for (int i = 0; i < layers; i++) {
        blocks.append(new Block(width));
      }
      norm = register("norm", new LayerNorm(width));
    }

    @Override
    public Tensor forward(Tensor x) {
      var y = tokens.call(x).add(places.call(Tensor.arange(x.device(), x.size(1))));
      for (var block : blocks) {
        y = block.call(y);
      }
      return Functional.linear(norm.call(y), tokens.weight());
    }
  }

  /** Of layers, width, sequences in a batch, and tokens of each. */
  private static Task<Tensor> gpt(
      long vocabulary, long[] sizes, UnaryOperator<Supplier<Tensor>> region) {
    long batch = sizes[2];
    long context = sizes[3];
    var model = begun(new Gpt(vocabulary, sizes[0], sizes[1], context));
    var x = below(1, vocabulary, batch, context);
    var y = below(2, vocabulary, batch * context);
    var criterion = new CrossEntropyLoss();
    var optimizer = new AdamW(model.parameters(), AdamW.options().lr(3e-4));
    return Training.step(
        optimizer, region.apply(() -> criterion.call(model.call(x).flatten(0, 1), y)));
  }

  // ---- what they share

  private static Supplier<Tensor> inBfloat16(Supplier<Tensor> forward) {
    return () -> Autocast.run(DefaultDevice.get(), BFLOAT16, forward);
  }

  /**
   * Gives a model the first parameters that it has on every side: numbers for matrices and kernels,
   * 1 for the weights of normalizations, 0 for what is added.
   */
  private static <M extends Module> M begun(M model) {
    try (var _ = Autograd.noGrad()) {
      int index = 0;
      for (var parameter : model.namedParameters().entrySet()) {
        var values = parameter.getValue();
        if (values.dim() > 1) {
          Training.begin(values, index);
        } else {
          values.fill_(parameter.getKey().endsWith("bias") ? 0 : 1);
        }
        index++;
      }
    }
    return model;
  }
}
