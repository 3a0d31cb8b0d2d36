package dev.chagres.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What became of PyTorch's samples, operation by operation, and the table that says so. */
final class TorchParity {
  /** The cases of one operation. */
  private static final class Entry {
    private int passed;
    private int cases;
    private final TreeSet<String> notThere = new TreeSet<>();
    private final TreeSet<String> differences = new TreeSet<>();
  }

  private final Map<String, Entry> entries = new TreeMap<>();

  private Entry entry(TorchCase test) {
    return entries.computeIfAbsent(test.op(), op -> new Entry());
  }

  void passed(TorchCase test) {
    entry(test).cases++;
    entry(test).passed++;
  }

  void failed(TorchCase test) {
    entry(test).cases++;
  }

  void notThere(TorchCase test, String form) {
    entry(test).cases++;
    entry(test).notThere.add(form);
  }

  void differs(TorchCase test, String reason) {
    entry(test).cases++;
    entry(test).differences.add(reason);
  }

  /** The operations of which there is a method here that no case could call. */
  List<String> uncalled() {
    return entries.entrySet().stream()
        .filter(entry -> TorchCalls.ours(entry.getKey()) != null)
        .filter(entry -> entry.getValue().passed == 0 && entry.getValue().differences.isEmpty())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The whole text of PARITY.md. */
  String text(String torch, Map<String, String> leftOut) {
    List<String> lines = new ArrayList<>();
    lines.add("# Parity with PyTorch\n");
    lines.add(
        "PyTorch's own sample inputs (`op_db` of PyTorch "
            + torch
            + "), run here by `TorchSamplesTest` in every memory layout. This file is what the run"
            + " yields, and the test holds it to that;"
            + " `mvn -q test -Dtest=TorchSamplesTest -Dparity=write` writes it.\n");
    TreeMap<String, Entry> there = new TreeMap<>(entries);
    there.keySet().removeIf(op -> TorchCalls.ours(op) == null);
    int passed = there.values().stream().mapToInt(entry -> entry.passed).sum();
    int cases = there.values().stream().mapToInt(entry -> entry.cases).sum();
    lines.add("## What is here\n");
    lines.add("%,d of %,d cases of %d operations pass.\n".formatted(passed, cases, there.size()));
    lines.add("| PyTorch | Chagres | passed | of | not in the library | differs |");
    lines.add("| --- | --- | --: | --: | --- | --- |");
    there.forEach((op, entry) -> lines.add(row(op, entry)));
    lines.add("\n## What is not in the library\n");
    String missing =
        entries.keySet().stream()
            .filter(op -> !there.containsKey(op))
            .map(op -> "`" + op + "`")
            .collect(Collectors.joining(", "));
    lines.add(missing.isEmpty() ? "Of these operations none.\n" : missing + ".\n");
    lines.add("## Samples that are left out\n");
    lines.add("Beside those of names that are left out or called otherwise below:\n");
    TreeMap<String, List<String>> reasons = new TreeMap<>();
    new TreeMap<>(leftOut)
        .forEach(
            (op, why) -> {
              if (!TorchNames.isSpokenOf(op)) {
                reasons.computeIfAbsent(why, key -> new ArrayList<>()).add("`" + op + "`");
              }
            });
    reasons.forEach((why, ops) -> lines.add("- " + why + ": " + String.join(", ", ops)));
    lines.addAll(TorchNames.text());
    return String.join("\n", lines) + "\n";
  }

  private static String row(String op, Entry entry) {
    return "| `%s` | `%s` | %d | %d | %s | %s |"
        .formatted(
            op,
            TorchCalls.ours(op),
            entry.passed,
            entry.cases,
            String.join("; ", entry.notThere).replace("|", "\\|"),
            String.join("; ", entry.differences));
  }
}
