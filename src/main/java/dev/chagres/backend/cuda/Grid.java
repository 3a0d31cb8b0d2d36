package dev.chagres.backend.cuda;

/** How many blocks there are of a grid, or threads of a block, in each direction. */
record Grid(int x, int y, int z) {
  static Grid of(int x) {
    return new Grid(x, 1, 1);
  }

  static Grid of(int x, int y) {
    return new Grid(x, y, 1);
  }
}
