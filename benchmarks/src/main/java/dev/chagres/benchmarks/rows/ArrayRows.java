package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.rows.Family.Sizing;
import java.util.List;

/** Layouts, reductions, indexing and sorting. */
final class ArrayRows {

  private static final List<Target> NONE = List.of();
  private static final Sizing COPY = Sizing.bytes(8, _ -> NONE);
  private static final List<Target> SOFTMAX = List.of(new Target.Faster(1.5));

  private ArrayRows() {}

  static Family layouts() {
    return new Family(
            "Copies, broadcast and strided operands",
            "`copy 1e7, into out` in C is the bandwidth that targets speak of. Malloc takes as much"
                + " memory new from the system at each call, which the other copies of C, numpy and"
                + " torch pay for.")
        .each("1e3 1e6 1e7 1e8", "copy #", COPY)
        .each("1e3 1e6 1e7 1e8", "copy #, into out", COPY)
        .each("1024x1024", "copy transposed #", COPY)
        .each("32x64x28x28", "copy channels last #", COPY)
        .each("1e6", "copy every second #", COPY)
        .each("1e6", "cat #", Sizing.bytes(16, _ -> NONE))
        .each("1000x500", "cat columns #", Sizing.bytes(16, _ -> NONE))
        .each("10x100 1000x1000", "add a row #", COPY)
        .each("10x100 1000x1000", "add a column #", COPY)
        .each("1000x1000", "add a row to a column #", Sizing.bytes(4, _ -> NONE))
        .each("1000x1000", "add transposed #", Sizing.bytes(12, _ -> NONE))
        .each("1000x1000", "add two transposed #", Sizing.bytes(12, _ -> NONE))
        .each("1e3 1e6", "add every second #", COPY)
        .each("1e6", "exp of every second #", COPY)
        .each("1000x1000", "exp of a part of the columns #", COPY);
  }

  static Family reductions() {
    return new Family("Reductions", "Rows are the last dimension, which is contiguous.")
        .each("1 16 1e3 1e4 1e5 1e6 1e7 1e8", "sum #", Sizing.bytes(4, ElementwiseRows.sums()))
        .rows(NONE, "mean 1e6", "var 1e3", "var 1e6", "norm 1e6", "max 1e6", "argmax 1e6")
        .rows(NONE, "sum rows 1000x1000", "sum columns 1000x1000")
        .rows(NONE, "sum rows 100000x10", "sum columns 100000x10", "sum rows 10x100000")
        .rows(NONE, "sum rows of the transposed 1000x1000", "sum the middle 64x128x128")
        .rows(NONE, "sum all but the channels 32x64x28x28", "sum every second 1e6")
        .rows(NONE, "var of rows 1000x1000", "max of rows 1000x1000", "max of columns 1000x1000")
        .rows(NONE, "argmax of rows 1000x1000", "logsumexp of rows 1000x1000");
  }

  static Family softmax() {
    return new Family(
            "Softmax, losses, layer norm",
            "Every side's own functions where it has them. Numpy's are written out.")
        .rows(SOFTMAX, "softmax 64x10", "softmax 1024x1024", "softmax of columns 1024x1024")
        .rows(SOFTMAX, "log softmax 64x10", "log softmax 1024x1024")
        .rows(SOFTMAX, "softmax, forward and backward 1024x1024")
        .rows(SOFTMAX, "log softmax, forward and backward 1024x1024")
        .rows(SOFTMAX, "cross entropy 64x10", "cross entropy 1024x1024")
        .rows(SOFTMAX, "cross entropy, forward and backward 64x10")
        .rows(SOFTMAX, "cross entropy, forward and backward 1024x1024")
        .rows(SOFTMAX, "squared error, forward and backward 64x10")
        .rows(SOFTMAX, "squared error, forward and backward 1000x1000")
        .rows(SOFTMAX, "layer norm 64x128", "layer norm 1024x1024")
        .rows(SOFTMAX, "layer norm, forward and backward 1024x1024");
  }

  static Family images() {
    return new Family(
            "Convolution, batch norm and pooling",
            "Images are (batch, channels, height, width), and padded by half of a kernel. Pooling"
                + " takes the greatest of 3x3 pixels, with a stride of 2. Gradients are those of"
                + " the images and of all parameters.")
        .rows(NONE, "convolution, features 64, kernel 7, stride 2, images 32x3x64x64")
        .rows(NONE, "convolution, features 64, kernel 3, stride 1, images 32x64x16x16")
        .rows(NONE, "convolution, features 128, kernel 3, stride 2, images 32x64x16x16")
        .rows(NONE, "convolution, features 256, kernel 3, stride 1, images 32x256x4x4")
        .rows(NONE, both("features 64, kernel 3, stride 1, images 32x64x16x16"))
        .rows(NONE, both("features 128, kernel 3, stride 2, images 32x64x16x16"))
        .rows(NONE, both("features 256, kernel 3, stride 1, images 32x256x4x4"))
        .rows(NONE, both("features 512, kernel 3, stride 1, images 32x512x2x2"))
        .rows(NONE, "batch norm, forward and backward, images 32x64x32x32")
        .rows(NONE, "batch norm, forward and backward, images 32x64x16x16")
        .rows(NONE, "max pool, forward and backward, images 32x64x32x32");
  }

  private static String both(String sizes) {
    return "convolution, forward and backward, " + sizes;
  }

  static Family indexing() {
    return new Family(
            "Gather and scatter, sorting, scans",
            "Positions are random, 64 bits wide. Sorting is stable where a side says so only when"
                + " asked to, and is asked to nowhere but in Chagres, where it always is.")
        .rows(NONE, "gather 1e3", "gather 1e6", "index by a tensor 1e6", "scatter add 1e6")
        .rows(NONE, "gather along rows 1000x1000", "index select rows 10000x64")
        .rows(NONE, "index add rows 10000x64", "masked select 1e6")
        .rows(NONE, "scatter along rows 1000x1000", "scatter add along rows 1000x1000")
        .rows(NONE, "scatter add rows by an expanded index 10000x64")
        .rows(NONE, "sort 1e3", "sort 1e6", "sort rows 1000x1000", "argsort 1e3", "argsort 1e6")
        .rows(NONE, "topk 1e6", "topk of rows 1000x1000")
        .rows(NONE, "cumsum 1e3", "cumsum 1e6", "cumsum of rows 1000x1000")
        .rows(NONE, "cumsum of columns 1000x1000");
  }
}
