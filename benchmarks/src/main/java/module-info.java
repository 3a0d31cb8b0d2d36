/** Chagres beside numpy, PyTorch and plain C. */
module dev.chagres.benchmarks {
  requires dev.chagres;
}
