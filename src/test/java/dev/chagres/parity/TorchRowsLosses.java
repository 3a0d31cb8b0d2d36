package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.nn.Functional;
import dev.chagres.nn.GaussianNLLLoss;
import dev.chagres.nn.KLDivLoss;
import dev.chagres.nn.PoissonNLLLoss;
import dev.chagres.nn.Reduction;
import dev.chagres.nn.TripletMarginLoss;
import dev.chagres.nn.TripletMarginWithDistanceLoss;
import dev.chagres.tensor.Tensor;

/** The rows of distances, and of losses of probabilities, pairs and distributions. */
final class TorchRowsLosses {
  private TorchRowsLosses() {}

  static void add() {
    row(
        "nn.functional.normalize",
        "Functional.normalize",
        a ->
            Functional.normalize(
                a.self(), real(a, "p", 2), a.integer("dim", 1), real(a, "eps", 1e-12)));
    row(
        "nn.functional.cosine_similarity",
        "Functional.cosineSimilarity",
        a ->
            Functional.cosineSimilarity(
                a.self(), second(a), a.integer("dim", 1), real(a, "eps", 1e-8)));
    row(
        "nn.functional.pairwise_distance",
        "Functional.pairwiseDistance",
        a ->
            Functional.pairwiseDistance(
                a.self(), second(a), real(a, "p", 2), real(a, "eps", 1e-6), a.keep()));
    row(
        "nn.functional.binary_cross_entropy",
        "Functional.binaryCrossEntropy",
        a ->
            Functional.binaryCrossEntropy(
                a.self(), second(a), a.tensorOrNull("weight"), a.reduction()));
    row("nn.functional.kl_div", "Functional.klDiv", TorchRowsLosses::klDiv);
    row(
        "nn.functional.cosine_embedding_loss",
        "Functional.cosineEmbeddingLoss",
        a ->
            Functional.cosineEmbeddingLoss(
                a.self(), second(a), third(a), real(a, "margin", 0), a.reduction()));
    row(
        "nn.functional.margin_ranking_loss",
        "Functional.marginRankingLoss",
        a ->
            Functional.marginRankingLoss(
                a.self(), second(a), third(a), real(a, "margin", 0), a.reduction()));
    row(
        "nn.functional.hinge_embedding_loss",
        "Functional.hingeEmbeddingLoss",
        a ->
            Functional.hingeEmbeddingLoss(
                a.self(), second(a), real(a, "margin", 1), a.reduction()));
    row(
        "nn.functional.soft_margin_loss",
        "Functional.softMarginLoss",
        a -> Functional.softMarginLoss(a.self(), second(a), a.reduction()));
    row(
        "nn.functional.triplet_margin_loss",
        "Functional.tripletMarginLoss",
        TorchRowsLosses::tripletMargin);
    row(
        "nn.functional.triplet_margin_with_distance_loss",
        "Functional.tripletMarginWithDistanceLoss",
        TorchRowsLosses::tripletMarginWithDistance);
    row("nn.functional.poisson_nll_loss", "Functional.poissonNllLoss", TorchRowsLosses::poisson);
    row("nn.functional.gaussian_nll_loss", "Functional.gaussianNllLoss", TorchRowsLosses::gaussian);
  }

  private static double real(TorchArguments a, String name, double otherwise) {
    return a.number(name, otherwise).doubleValue();
  }

  private static Tensor second(TorchArguments a) {
    return a.tensor(a.name(1));
  }

  private static Tensor third(TorchArguments a) {
    return a.tensor(a.name(2));
  }

  private static Tensor klDiv(TorchArguments a) {
    boolean batch = a.text("reduction", "mean").equals("batchmean");
    var options =
        KLDivLoss.options()
            .mean(batch ? KLDivLoss.Mean.OF_BATCH : KLDivLoss.Mean.OF_ELEMENTS)
            .reduction(batch ? Reduction.MEAN : a.reduction())
            .targets(
                a.flag("log_target")
                    ? KLDivLoss.Targets.LOGARITHMS
                    : KLDivLoss.Targets.PROBABILITIES);
    return Functional.klDiv(a.self(), second(a), options);
  }

  private static Tensor tripletMargin(TorchArguments a) {
    var options =
        TripletMarginLoss.options()
            .margin(real(a, "margin", 1))
            .p(real(a, "p", 2))
            .eps(real(a, "eps", 1e-6))
            .swap(a.flag("swap") ? TripletMarginLoss.Swap.SWAPPED : TripletMarginLoss.Swap.ANCHOR)
            .reduction(a.reduction());
    return Functional.tripletMarginLoss(a.self(), second(a), third(a), options);
  }

  private static Tensor tripletMarginWithDistance(TorchArguments a) {
    var options =
        TripletMarginWithDistanceLoss.options()
            .margin(real(a, "margin", 1))
            .swap(a.flag("swap") ? TripletMarginLoss.Swap.SWAPPED : TripletMarginLoss.Swap.ANCHOR)
            .reduction(a.reduction());
    return Functional.tripletMarginWithDistanceLoss(
        a.self(), second(a), third(a), Functional::pairwiseDistance, options);
  }

  private static Tensor poisson(TorchArguments a) {
    boolean rates = a.has("log_input") && !a.flag("log_input");
    var options =
        PoissonNLLLoss.options()
            .inputs(rates ? PoissonNLLLoss.Inputs.RATES : PoissonNLLLoss.Inputs.LOGARITHMS)
            .terms(a.flag("full") ? PoissonNLLLoss.Terms.ALL : PoissonNLLLoss.Terms.OF_INPUT)
            .eps(real(a, "eps", 1e-8))
            .reduction(a.reduction());
    return Functional.poissonNllLoss(a.self(), second(a), options);
  }

  private static Tensor gaussian(TorchArguments a) {
    var options =
        GaussianNLLLoss.options()
            .terms(a.flag("full") ? GaussianNLLLoss.Terms.ALL : GaussianNLLLoss.Terms.OF_INPUT)
            .eps(real(a, "eps", 1e-6))
            .reduction(a.reduction());
    return Functional.gaussianNllLoss(a.self(), second(a), third(a), options);
  }
}
