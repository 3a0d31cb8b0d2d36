package dev.chagres.testing;

import dev.chagres.nn.Embedding;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One call of a public function: what is called, and on what. */
record Call(Method method, Recipe.@Nullable Elements receiver, List<Recipe> arguments) {
  /** What returns another view of the memory of its operand. */
  static final Set<String> VIEWS =
      Set.of(
          "view",
          "viewAs",
          "unflatten",
          "asStrided",
          "transpose",
          "t",
          "permute",
          "expand",
          "expandAs",
          "broadcastTo",
          "narrow",
          "slice",
          "select",
          "diagonal",
          "unfold",
          "unsqueeze",
          "squeeze",
          "T",
          "mT",
          "H",
          "mH",
          "adjoint",
          "swapaxes",
          "swapdims",
          "movedim",
          "moveaxis",
          "split",
          "splitWithSizes",
          "tensorSplit",
          "hsplit",
          "vsplit",
          "dsplit",
          "chunk",
          "unbind",
          "get",
          "detach",
          "atleast1d",
          "atleast2d",
          "atleast3d",
          "broadcastTensors");

  /** What does so where it can, or where there is nothing to do. */
  static final Set<String> PERHAPS_VIEWS =
      Set.of(
          "reshape",
          "reshapeAs",
          "flatten",
          "ravel",
          "contiguous",
          "to",
          "toFloat",
          "toDouble",
          "toLong",
          "toInt",
          "toShort",
          "toChar",
          "toByte",
          "bool",
          "half",
          "bfloat16",
          "typeAs",
          "cpu",
          "cuda",
          "index",
          "at",
          "positive",
          "meshgrid",
          "sumToSize",
          "cartesianProd",
          "einsum",
          "chainMatmul",
          "dropout",
          "dropout1d",
          "dropout2d",
          "dropout3d",
          "alphaDropout",
          "featureAlphaDropout");

  /** What is not possible in every layout, or looks at the memory as it lies. */
  static final Set<String> OF_LAYOUT =
      Set.of("view", "viewAs", "unflatten", "asStrided", "asStrided_", "asStridedScatter");

  /** Whose results are the columns of one tensor, as PyTorch's are. */
  static final Set<String> OF_COLUMNS = Set.of("unravelIndex");

  static final Set<String> OF_CHANCE =
      Set.of(
          "uniform_",
          "normal_",
          "exponential_",
          "geometric_",
          "logNormal_",
          "cauchy_",
          "random_",
          "bernoulli_",
          "bernoulli",
          "randLike",
          "randnLike",
          "randintLike",
          "multinomial",
          "poisson",
          "binomial",
          "dropout",
          "dropout1d",
          "dropout2d",
          "dropout3d",
          "alphaDropout",
          "featureAlphaDropout",
          "rrelu",
          "gumbelSoftmax",
          "fractionalMaxPool2d",
          "fractionalMaxPool2dWithIndices",
          "fractionalMaxPool3d",
          "fractionalMaxPool3dWithIndices",
          "multiHeadAttentionForward",
          "multiHeadAttentionForwardWithWeights",
          "pcaLowrank",
          "svdLowrank",
          "normal",
          "rand",
          "randn",
          "randint",
          "randperm");

  /** Families whose results do not depend on the order of their steps. */
  static final Set<String> EXACT =
      Set.of(
          "Maths",
          "Comparisons",
          "Views",
          "Arrangements",
          "Splitting",
          "Indexing",
          "Pointwise",
          "ComparisonsInPlace",
          "MathsInPlace",
          "PointwiseInPlace",
          "IndexingInPlace",
          "ViewsInPlace",
          "Sorting",
          "PartScattering",
          "Special");

  /**
   * Sums of products of elements, whose terms may cancel and are added in whatever order: what they
   * make of magnitudes bounds what rounding leaves of them, and of their gradients.
   */
  static final Set<String> TERMS =
      Set.of(
          "sum",
          "mean",
          "nansum",
          "nanmean",
          "sumToSize",
          "trace",
          "cumsum",
          "dot",
          "vdot",
          "vecdot",
          "inner",
          "tensordot",
          "matmul",
          "mm",
          "mv",
          "bmm",
          "addmm",
          "addmv",
          "addbmm",
          "baddbmm",
          "addr",
          "einsum",
          "kron",
          "chainMatmul",
          "multiDot",
          "matrixPower",
          "linear",
          "bilinear",
          "conv1d",
          "conv2d",
          "conv3d",
          "convTranspose1d",
          "convTranspose2d",
          "convTranspose3d",
          "avgPool1d",
          "avgPool2d",
          "avgPool3d",
          "indexAdd",
          "scatterAdd");

  /** Other names of functions, which their errors have by the first one. */
  static final Set<String> ALIASES = Set.of("inverse", "orgqr", "ldlFactorEx");

  static final Set<String> SPREADS = Set.of("var", "std", "varMean", "stdMean");

  /** What is left of their gradients, where terms cancel, is rounding. */
  static final Set<String> CANCELLING =
      Set.of("cosineSimilarity", "l1Loss", "var", "std", "varMean", "stdMean");

  /**
   * A product of some of their finite factors may overflow, and then meet a 0 or not, in whatever
   * order they are multiplied; what infinite factors and NaN leave does not depend on it.
   */
  static final Set<String> PRODUCTS = Set.of("prod");

  /** Where a row of operands has one exponent, as some layouts have, frequent ones multiply. */
  private static final Set<String> POWERS = Set.of("pow", "pow_", "floatPower", "floatPower_");

  /** The same call of magnitudes: of elements, and of numbers that are factors. */
  Call ofMagnitudes() {
    Map<Recipe, Recipe> known = new IdentityHashMap<>();
    Recipe.Elements on = receiver == null ? null : receiver.magnitudes(known);
    Class<?>[] types = method.getParameterTypes();
    List<Recipe> magnitudes = new ArrayList<>();
    for (int i = 0; i < types.length; i++) {
      boolean factor = types[i] == double.class || types[i] == Number.class;
      Recipe argument = arguments.get(i);
      magnitudes.add(
          factor && argument instanceof Recipe.Given(Number number)
              ? new Recipe.Given(magnitude(number))
              : argument.magnitudes(known));
    }
    return new Call(method, on, magnitudes);
  }

  private static Number magnitude(Number number) {
    return switch (number) {
      case Double d -> Math.abs(d);
      case Float f -> Math.abs(f);
      case Long l -> Math.abs(l);
      case Integer i -> Math.abs(i);
      default -> throw new IllegalArgumentException(number.getClass().toString());
    };
  }

  /** Whether all its elements and numbers are finite. */
  boolean isOfFinite() {
    return (receiver == null || receiver.isFinite())
        && arguments.stream().allMatch(Recipe::isFinite);
  }

  boolean writesReceiver() {
    return receiver != null && (method.getName().endsWith("_") || method.getName().equals("put"));
  }

  /** Whether a tensor is what the call writes to. */
  boolean writes(Recipe.Elements recipe) {
    return writesReceiver() && recipe == receiver
        || isOut() && isWritten(recipe)
        || shortensRows() && arguments.get(1) == recipe;
  }

  /** Whether rows of a table of vectors are shortened before they are read. */
  private boolean shortensRows() {
    return method.getName().equals("embedding")
        && arguments.getLast() instanceof Recipe.Given given
        && given.value() instanceof Embedding.Options options
        && options.maxNorm() != Double.POSITIVE_INFINITY;
  }

  boolean writesRepeats(Recipe.Elements recipe) {
    return writes(recipe) && recipe.placement().repeats();
  }

  boolean isOut() {
    return PublicApi.holder(method).getSimpleName().equals("Out");
  }

  private boolean isWritten(Recipe.Elements recipe) {
    Recipe last = arguments.getLast();
    boolean two = method.getName().equals("frexp");
    return last == recipe
        || last instanceof Recipe.Compound compound && compound.parts().contains(recipe)
        || two && arguments.get(arguments.size() - 2) == recipe;
  }

  boolean isAmong(Set<String> names) {
    boolean columns = names == VIEWS && method.getName().equals("unfold") && receiver == null;
    return names.contains(method.getName()) && !columns; // Functional's unfold copies
  }

  /** Whether options hold what is part of a record, which one backward pass uses up. */
  boolean givesRecorded() {
    return arguments.stream()
        .anyMatch(
            argument ->
                argument instanceof Recipe.Given given
                    && given.value() instanceof Record options
                    && Outcome.of(options).tensors().stream()
                        .anyMatch(tensor -> tensor.gradFn() != null));
  }

  boolean isExact() {
    return EXACT.contains(method.getDeclaringClass().getSimpleName()) && !isAmong(POWERS);
  }

  @Override
  public String toString() {
    String given =
        arguments.stream().map(Recipe::toString).collect(Collectors.joining(", ", "(", ")"));
    String on = receiver == null ? PublicApi.holder(method).getSimpleName() : receiver.toString();
    return on + "." + method.getName() + given;
  }
}
