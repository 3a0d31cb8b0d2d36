package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Inputs (n, c, …) with their channels dealt out: the first of each group, then the second … (Zhang
 * et al., 2018): {@link Functional#channelShuffle}.
 */
public final class ChannelShuffle extends Module {
  private final long groups;

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if there is no group
   */
  public ChannelShuffle(long groups) {
    Lines.atLeast("ChannelShuffle", "the number of groups", 1, groups);
    this.groups = groups;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.channelShuffle(x, groups);
  }

  @Override
  protected String extraRepr() {
    return "groups=" + groups;
  }
}
