package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What several heads attend with: for {@link Functional#multiHeadAttentionForward}.
 *
 * @param numHeads how many there are
 * @param inProjWeights of queries, keys and values together (3 embedDim, embedDim), or three of
 *     these: (embedDim, embedDim), (embedDim, kdim) and (embedDim, vdim)
 * @param inProjBias of queries, keys and values together (3 embedDim), or null
 * @param outProj what projects the result
 * @param settings what else there is
 */
public record Heads(
    long numHeads,
    List<Tensor> inProjWeights,
    @Nullable Tensor inProjBias,
    Affine outProj,
    Options settings) {
  private static final String NAME = "multiHeadAttentionForward";

  /** What else may be asked for. */
  public enum Variant {
    /** There is one key more, and one value, which are 0. */
    ADD_ZERO_ATTN
  }

  /**
   * What may be left out.
   *
   * @param dropoutP with which probability a weight is set to 0; pass 0 where nothing is trained
   * @param biasK one key more for all sequences, of embedDim numbers, or null
   * @param biasV its value, or null
   * @param staticK (batch * numHeads, keys, embedDim / numHeads) in the place of projected keys, or
   *     null
   * @param staticV the same of values
   * @param variants what else is asked for
   */
  public record Options(
      double dropoutP,
      @Nullable Tensor biasK,
      @Nullable Tensor biasV,
      @Nullable Tensor staticK,
      @Nullable Tensor staticV,
      Set<Variant> variants) {
    /** Checks them. */
    public Options {
      each(NAME, "a variant", given(NAME, "variants", variants));
      Dropouts.checkProbability("dropout", dropoutP);
      if ((biasK == null) != (biasV == null)) {
        throw new IllegalArgumentException(NAME + ": one of biasK and biasV without the other");
      }
      if (biasK != null && (staticK != null || staticV != null)) {
        throw new IllegalArgumentException(NAME + ": biasK and biasV beside static keys or values");
      }
      Set<Variant> all = EnumSet.noneOf(Variant.class);
      all.addAll(variants);
      variants = Collections.unmodifiableSet(all);
    }

    /** Returns these options with another probability of dropout. */
    public Options dropoutP(double dropoutP) {
      return new Options(dropoutP, biasK, biasV, staticK, staticV, variants);
    }

    /** Returns these options with one key more, and its value. */
    public Options bias(Tensor biasK, Tensor biasV) {
      given(NAME, "biasK", biasK);
      given(NAME, "biasV", biasV);
      return new Options(dropoutP, biasK, biasV, staticK, staticV, variants);
    }

    /** Returns these options with keys in the place of projected ones. */
    public Options staticK(Tensor staticK) {
      given(NAME, "staticK", staticK);
      return new Options(dropoutP, biasK, biasV, staticK, staticV, variants);
    }

    /** Returns these options with values in the place of projected ones. */
    public Options staticV(Tensor staticV) {
      given(NAME, "staticV", staticV);
      return new Options(dropoutP, biasK, biasV, staticK, staticV, variants);
    }

    /** Returns these options with one key more, and one value, which are 0. */
    public Options addZeroAttn() {
      return new Options(
          dropoutP, biasK, biasV, staticK, staticV, EnumSet.of(Variant.ADD_ZERO_ATTN));
    }

    /** How many keys there are beside those that are given. */
    int more() {
      return (biasK == null ? 0 : 1) + variants.size();
    }
  }

  /** Checks that they are there. */
  public Heads {
    inProjWeights =
        List.copyOf(each(NAME, "a weight", given(NAME, "inProjWeights", inProjWeights)));
    given(NAME, "outProj", outProj);
    given(NAME, "settings", settings);
    if (numHeads < 1) {
      throw new IllegalArgumentException(NAME + ": " + numHeads + " heads");
    }
    if (inProjWeights.size() != 1 && inProjWeights.size() != 3) {
      throw new IllegalArgumentException(
          NAME
              + ": one weight for queries, keys and values, or three, not "
              + inProjWeights.size());
    }
  }

  /** Returns no dropout, nothing beside the keys, and no static ones. */
  public static Options options() {
    return new Options(0, null, null, null, null, Set.of());
  }
}
