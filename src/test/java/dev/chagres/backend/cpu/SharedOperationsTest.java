package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * From how many elements on operations are offered to the team: from two pieces of a quarter of a
 * grain on, whichever way their operands lie. A team that is offered a range has a worker.
 */
class SharedOperationsTest {
  private static final DType DTYPE = DType.FLOAT32;
  private static final long CHEAP = Grain.MOVE / 2;

  private static Strided dense(long n) {
    return TestArrays.empty(DTYPE, n);
  }

  /** A matrix of two columns whose rows lie one after the other in the other axis. */
  private static Strided turned(long n) {
    return TestArrays.uninitialised(DTYPE, Shape.of(n / 2, 2), Form.TRANSPOSED);
  }

  private static Strided square(long n) {
    return TestArrays.empty(DTYPE, n / 2, 2);
  }

  private static Strided wide(long n) {
    return TestArrays.empty(DTYPE, 2, n / 2);
  }

  private static Strided positions(long... sizes) {
    Strided zeros = TestArrays.empty(DType.INT64, sizes);
    zeros.pointer().fill((byte) 0);
    return zeros;
  }

  private static Arguments operation(String name, long least, BiConsumer<Backend, Long> operation) {
    return Arguments.of(name, least, operation);
  }

  static Stream<Arguments> operations() {
    return Stream.of(
        operation(
            "unary, cheap",
            CHEAP,
            (backend, n) -> backend.elements().unary(UnaryOp.NEG, dense(n), dense(n))),
        operation(
            "unary, medium",
            Grain.of(UnaryOp.EXP) / 2,
            (backend, n) -> backend.elements().unary(UnaryOp.EXP, dense(n), dense(n))),
        operation(
            "unary, turned",
            CHEAP,
            (backend, n) -> backend.elements().unary(UnaryOp.NEG, turned(n), square(n))),
        operation(
            "binary",
            CHEAP,
            (backend, n) -> backend.elements().binary(BinaryOp.ADD, dense(n), dense(n), dense(n))),
        operation(
            "binary, turned",
            CHEAP,
            (backend, n) ->
                backend.elements().binary(BinaryOp.ADD, turned(n), square(n), square(n))),
        operation(
            "ternary",
            Grain.of(TernaryOp.LERP) / 2,
            (backend, n) ->
                backend
                    .elements()
                    .ternary(TernaryOp.LERP, 1, List.of(dense(n), dense(n), dense(n)), dense(n))),
        operation(
            "sum of rows",
            CHEAP,
            (backend, n) ->
                backend
                    .reductions()
                    .reduce(ReduceOp.SUM, square(n), 1, TestArrays.empty(DTYPE, n / 2, 1))),
        operation("copy", CHEAP, (backend, n) -> backend.elements().copy(dense(n), dense(n))),
        operation(
            "copy, turned", CHEAP, (backend, n) -> backend.elements().copy(turned(n), square(n))),
        operation(
            "indexSelect, rows",
            CHEAP,
            (backend, n) ->
                backend
                    .indexing()
                    .indexSelect(square(8), 0, positions(n / 2), Negatives.BAD, square(n))),
        operation(
            "indexSelect, columns",
            Grain.PICK / 2,
            (backend, n) ->
                backend
                    .indexing()
                    .indexSelect(square(n), 1, positions(2), Negatives.BAD, square(n))),
        operation(
            "indexPut",
            CHEAP,
            (backend, n) ->
                backend
                    .indexing()
                    .indexPut(Store.REPLACE, square(n), 1, positions(2), Negatives.BAD, square(n))),
        operation(
            "indexSelect, elements",
            Grain.PICK / 2,
            (backend, n) ->
                backend.indexing().indexSelect(dense(8), 0, positions(n), Negatives.BAD, dense(n))),
        operation(
            "indexPut, columns",
            CHEAP,
            (backend, n) ->
                backend
                    .indexing()
                    .indexPut(Store.ADD, wide(n), 0, positions(2), Negatives.BAD, wide(n))),
        operation(
            "gather",
            Grain.PICK / 2,
            (backend, n) ->
                backend
                    .indexing()
                    .gather(square(8), 0, positions(n / 2, 2), Negatives.BAD, square(n))),
        operation(
            "scatter, rows",
            Grain.PICK / 2,
            (backend, n) ->
                backend
                    .indexing()
                    .scatter(
                        Store.ADD, square(n), 1, positions(n / 2, 2), Negatives.BAD, square(n))),
        operation(
            "scatter, columns",
            Grain.PICK / 2,
            (backend, n) ->
                backend
                    .indexing()
                    .scatter(Store.ADD, wide(n), 0, positions(2, n / 2), Negatives.BAD, wide(n))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void areOfferedFromTwoPiecesOn(String name, long least, BiConsumer<Backend, Long> operation) {
    assertEquals(1, workersAfter(least, operation), name);
    assertEquals(0, workersAfter(least - 2, operation), name);
  }

  private static int workersAfter(long n, BiConsumer<Backend, Long> operation) {
    var workers = new AtomicInteger();
    ThreadFactory threads = Executors.defaultThreadFactory();
    var team =
        new WorkerTeam(
            2,
            task -> {
              workers.incrementAndGet();
              Thread worker = threads.newThread(task);
              worker.setDaemon(true);
              return worker;
            });
    operation.accept(CpuBackend.on(team), n);
    return workers.get();
  }
}
