package dev.chagres.benchmarks.rows;

import static dev.chagres.benchmarks.protocol.Service.COLLECTED;

import java.util.List;

/** Steps of training. */
final class TrainingRows {

  private static final List<Target> TUTORIAL = List.of(new Target.Faster(40));
  private static final List<Target> MLP = List.of(new Target.Faster(3));
  private static final List<Target> CNN = List.of(new Target.Faster(1.5));
  private static final List<Target> NETWORK = List.of(new Target.Faster(1));
  private static final List<Target> OPTIMIZER = List.of(new Target.Faster(3));

  private TrainingRows() {}

  static Family tutorials() {
    return new Family(
            "Steps of the tutorials",
            "Forward, backward and update: one weight by hand; a line with SGD; a hidden layer with"
                + " SGD. A step has a scope of its own unless the name says otherwise.")
        .rows(TUTORIAL, "step: scalar", "step: scalar" + COLLECTED)
        .rows(TUTORIAL, "step: line through 80 points", "step: line through 80 points" + COLLECTED)
        .rows(TUTORIAL, "step: hidden layer 2-5-3", "step: hidden layer 2-5-3" + COLLECTED);
  }

  static Family steps() {
    return new Family(
            "Steps of training",
            "Cross entropy and Adam. The MLP is 784-256-128-10; with a width w it is 784-w-w-10,"
                + " with a depth d it has d hidden layers of 128, both for batches of 64. The CNN"
                + " takes 28x28: convolutions to 32 and 64 channels, each pooled, and two linear"
                + " layers. ResNet-18 has 1000 classes and SGD with momentum. GPT has 4 layers of"
                + " width 256, 4 heads each, a vocabulary of 512 and AdamW; its batch is 4"
                + " sequences of 256 tokens. The recurrent layers and the layer of a transformer,"
                + " of 4 heads without dropout, take sequences of vectors as wide as they are, and"
                + " a linear layer tells 10 classes by the last place.")
        .rows(MLP, "step: MLP, batch 1", "step: MLP, batch 16", "step: MLP, batch 64")
        .rows(MLP, "step: MLP, batch 64" + COLLECTED, "step: MLP, batch 256")
        .rows(MLP, "step: MLP, batch 1024")
        .rows(MLP, "step: MLP, width 16", "step: MLP, width 64", "step: MLP, width 256")
        .rows(MLP, "step: MLP, width 1024")
        .rows(MLP, "step: MLP, depth 1", "step: MLP, depth 4", "step: MLP, depth 16")
        .rows(CNN, "step: CNN, batch 1", "step: CNN, batch 16", "step: CNN, batch 64")
        .rows(CNN, "step: CNN, batch 64" + COLLECTED, "step: CNN, batch 256")
        .rows(NETWORK, "step: ResNet-18, images 64x64, batch 32")
        .rows(NETWORK, "step: GPT, layers 4, width 256, tokens 4x256")
        .rows(NETWORK, "step: LSTM, width 128, sequences 32x32")
        .rows(NETWORK, "step: GRU, width 128, sequences 32x32")
        .rows(NETWORK, "step: transformer layer, width 128, sequences 32x32");
  }

  static Family optimizers() {
    return new Family(
            "Optimizers",
            "A step over so many parameters of so many elements, whose gradients are there.")
        .rows(OPTIMIZER, "step: Adam alone 10x100", "step: Adam alone 200x1000")
        .rows(OPTIMIZER, "step: Adam alone 20x100000", "step: SGD alone 200x1000")
        .rows(OPTIMIZER, "step: RMSprop alone 200x1000", "step: Adagrad alone 200x1000")
        .rows(OPTIMIZER, "step: NAdam alone 200x1000", "step: Adadelta alone 200x1000");
  }
}
