package dev.chagres.backend.cuda;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import java.util.ArrayList;
import java.util.List;

/** Formulas that have, together, each step that there is, for operands of a dtype. */
final class FormulaSamples {
  private static final int MOST_RESULTS = 24;

  private FormulaSamples() {}

  /** Returns few formulas, each of three operands of the dtype and one of bool. */
  static List<Formula> of(DType dtype) {
    var builder = new Formula.Builder(List.of(dtype, dtype, dtype, DType.BOOL));
    List<Integer> results = new ArrayList<>();
    for (DType other : DType.values()) {
      results.add(builder.add(new Action.Cast(), other, 0));
    }
    results.add(builder.add(new Action.Where(), dtype, 3, 0, 1));
    int number = builder.add(new Action.Constant(dtype.isFloating() ? 2.5 : 3), dtype);
    for (UnaryOp op : UnaryOp.values()) {
      if (op.domain().holds(dtype)) {
        results.add(builder.add(new Action.Apply(op, 0), op.resultType(dtype), 0));
      }
    }
    for (BinaryOp op : BinaryOp.values()) {
      if (op.domain().holds(dtype)) {
        results.add(builder.add(new Action.Apply(op, 0), op.resultType(dtype), 0, 1));
        results.add(builder.add(new Action.Apply(op, 0), op.resultType(dtype), 2, number));
      }
    }
    for (TernaryOp op : TernaryOp.values()) {
      if (op.domain().holds(dtype)) {
        results.add(builder.add(new Action.Apply(op, 1), op.resultType(dtype), 0, 1, 2));
      }
    }
    List<Boolean> areNumbers = List.of(false, false, false, false);
    List<Formula> formulas = new ArrayList<>();
    for (int i = 0; i < results.size(); i += MOST_RESULTS) {
      List<Integer> some = results.subList(i, Math.min(results.size(), i + MOST_RESULTS));
      formulas.add(builder.build(some, areNumbers).formula());
    }
    return formulas;
  }
}
