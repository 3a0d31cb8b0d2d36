package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.OperandCalls.READ;
import static dev.chagres.backend.cpu.OperandCalls.READ_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.WRITTEN_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.call;
import static dev.chagres.backend.cpu.OperandCalls.floats;
import static dev.chagres.backend.cpu.OperandCalls.only;
import static dev.chagres.backend.cpu.OperandCalls.operand;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Choice;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.cpu.OperandCalls.Call;
import dev.chagres.backend.cpu.OperandCalls.Change;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** The operands of counts, of sorting, selecting and searching, and of scans. */
final class OrderingOperands {
  private OrderingOperands() {}

  static void add(Backend backend, List<Call> calls) {
    Set<Change> dense = only(Change.OTHER_DTYPE, Change.SPREAD);
    Set<Change> counts = only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "count",
            x -> backend.counting().count(x[0], x[1]),
            operand(dense, DType.INT64, 3, 4),
            operand(counts, DType.INT64, 5)),
        call(
            "histogram",
            x -> backend.counting().histogram(x[0], 0, 1, x[1]),
            floats(only(Change.SPREAD), 3, 4),
            operand(counts, DType.INT64, 5)));
    Choice median = Choice.of(Choice.Kind.MEDIAN);
    Collections.addAll(
        calls,
        call(
            "sort",
            x -> backend.ordering().sort(Order.ASCENDING, x[0], 1, x[1], x[2]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 3, 4)),
        call(
            "select",
            x -> backend.ordering().select(median, x[0], 1, x[1], x[2]),
            floats(only(Change.FLATTER, Change.OTHER_DTYPE), 3, 4),
            floats(WRITTEN_DENSE, 3, 1),
            operand(WRITTEN_DENSE, DType.INT64, 3, 1)),
        call(
            "sortRows",
            x -> backend.ordering().sortRows(x[0], x[1]),
            floats(only(Change.FLATTER, Change.SPREAD), 3, 4),
            operand(
                only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                DType.INT64,
                3)),
        call(
            "search",
            x -> backend.ordering().search(Bound.LEFT, x[0], x[1], x[2], x[3]),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3, 4),
            floats(READ_DENSE, 3, 2),
            operand(WRITTEN_DENSE, DType.INT64, 3, 2)));
    Scan sums = new Scan(ScanOp.SUM, Way.FORTH, 1);
    Collections.addAll(
        calls,
        call(
            "scan",
            x -> backend.scans().scan(sums, x[0], x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    Scan maxima = new Scan(ScanOp.MAX, Way.FORTH, 1);
    Collections.addAll(
        calls,
        call(
            "scanExtrema",
            x -> backend.scans().scanExtrema(maxima, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 3, 4)),
        call(
            "recurrence",
            x -> backend.scans().recurrence(Way.BACK, 1, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
  }
}
