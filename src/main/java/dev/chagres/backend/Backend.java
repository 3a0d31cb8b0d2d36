package dev.chagres.backend;

/**
 * What a device can compute, by families of kernels, each of which one class of the device
 * implements. Arguments have been checked: operands of one call have one dtype and one shape unless
 * a method says otherwise (a broadcast operand has strides of 0), results exist, have the right
 * shape and dtype, and do not partly overlap an operand (in place means the very same elements).
 * Layouts are arbitrary unless a method asks for contiguous ones, but strides are not negative
 * unless it says so. Every method returns when the result may be read on this device's stream of
 * work (on the CPU: when it is there).
 *
 * <p>What native code relies on is looked at once more, since another thread may have changed a
 * tensor after its checks: operands that do not belong together are a {@link
 * java.util.ConcurrentModificationException}, and nothing is written. A family's record {@code
 * Checked…} does that for all devices; what implements the family for one of them need not.
 *
 * <p>So what only the elements show, an index out of range or an integer divided by zero, is thrown
 * by the method itself on the CPU, where nothing is written to an operand then; a result of its own
 * is left in part. On a device whose kernels run while the program goes on, the bad element is left
 * out, the others are written, and it is thrown at the next synchronisation: whatever reads the
 * device's memory, or waits for its work. The exception is of the same class and names the
 * operation; the first one wins. A method that returns a number reads the memory itself.
 */
public record Backend(
    ElementKernels elements,
    FormulaKernels formulas,
    TransferKernels transfers,
    ReductionKernels reductions,
    SoftmaxKernels softmaxes,
    NormalizationKernels normalization,
    AttentionKernels attention,
    RecurrentKernels recurrent,
    IndexKernels indexing,
    CountKernels counting,
    OrderKernels ordering,
    ScanKernels scans,
    MatrixKernels matrices,
    FeedForwardKernels feedForward,
    LinearAlgebra linearAlgebra,
    ImageKernels images,
    GradientKernels gradients,
    OptimizerKernels optimizers,
    RandomKernels random,
    Generators generators) {

  /**
   * Returns a backend that looks at the operands of every call before this one does. Whoever hands
   * a device's backend out hands this one out, so that each check is written once and none can be
   * forgotten. Records, since the compiler takes the fields of one in a constant for constants too:
   * then a call goes straight to the device's method.
   */
  public Backend checked() {
    return new Backend(
        new CheckedElements(elements),
        new CheckedFormulas(formulas),
        new CheckedTransfers(transfers),
        new CheckedReductions(reductions),
        new CheckedSoftmaxes(softmaxes),
        new CheckedNormalization(normalization),
        new CheckedAttention(attention),
        new CheckedRecurrent(recurrent),
        new CheckedIndexing(indexing),
        new CheckedCounting(counting),
        new CheckedOrdering(ordering),
        new CheckedScans(scans),
        new CheckedMatrices(matrices),
        new CheckedFeedForward(feedForward),
        new CheckedLinearAlgebra(linearAlgebra),
        new CheckedImages(images),
        new CheckedGradients(gradients),
        new CheckedOptimizers(optimizers),
        new CheckedRandom(random),
        new CheckedGenerators(generators));
  }
}
