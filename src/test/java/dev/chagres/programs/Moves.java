package dev.chagres.programs;

import java.util.List;
import java.util.function.Consumer;

/** What a program may do next. */
final class Moves {
  /** Families of moves, and how often each is chosen. */
  private static final List<Family> FAMILIES =
      List.of(
          new Family(4, MakingMoves.ALL),
          new Family(8, ViewMoves.ALL),
          new Family(8, PointwiseMoves.ALL),
          new Family(7, WritingMoves.ALL),
          new Family(9, LineMoves.ALL),
          new Family(5, ReducingMoves.ALL),
          new Family(6, ArrangingMoves.ALL),
          new Family(9, IndexingMoves.ALL),
          new Family(5, ProductMoves.ALL),
          new Family(3, SearchingMoves.ALL),
          new Family(4, WrongMoves.ALL));

  private static final int TOTAL = FAMILIES.stream().mapToInt(Family::weight).sum();

  private record Family(int weight, List<Consumer<Program>> moves) {}

  private Moves() {}

  static Consumer<Program> any(Program program) {
    if (program.live().isEmpty()) {
      return MakingMoves::create;
    }
    int at = program.below(TOTAL);
    for (Family family : FAMILIES) {
      at -= family.weight;
      if (at < 0) {
        return program.among(family.moves);
      }
    }
    throw new AssertionError(at);
  }
}
