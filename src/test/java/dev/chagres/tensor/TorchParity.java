package dev.chagres.tensor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What became of PyTorch's samples, operation by operation, and the table that says so. */
final class TorchParity {
  /** What has no samples and is left out on purpose, and why. */
  private static final Map<String, String> NOT_MADE = notMade();

  private static Map<String, String> notMade() {
    Map<String, String> why = new LinkedHashMap<>();
    why.put("apply_ map_ map2_", "a call of Java for every element");
    why.put(
        "resize resize_ resize_as resize_as_ set_ untyped_storage storage_type data_ptr"
            + " const_data_ptr",
        "memory keeps its size here, and its address is `segment().address()`; `setData` takes"
            + " another tensor's memory");
    why.put(
        "tensor as_tensor asarray from_numpy frombuffer numpy fill",
        "reads differently: `Tensor.of`, `segment()`, `x.fullLike(value)`");
    why.put("new type", "the legacy constructor and names of types; `x.to(dtype)`, `x.newTensor`");
    why.put("cuda xpu ipu mtia", "a device's own name; `x.to(device)`");
    why.put(
        "det slogdet logdet inverse pinverse matrix_exp matrix_power cholesky_inverse"
            + " cholesky_solve geqrf ormqr orgqr lu lu_solve",
        "static methods of `Linalg`, as linear algebra lies above tensors");
    why.put(
        "cholesky qr svd lstsq eig symeig solve triangular_solve matrix_rank ger range",
        "deprecated or removed in PyTorch; those of `Linalg`, `outer` and `arange` are here");
    why.put(
        "prelu hardshrink dropout embedding conv1d batch_norm layer_norm lstm gru",
        "what only networks use is, or will be, in `Functional`");
    why.put(
        "is_complex is_conj is_neg real imag conj resolve_conj view_as_real view_as_complex polar",
        "complex numbers");
    why.put(
        "is_sparse sparse_dim dense_dim coalesce indices values to_dense to_sparse smm sspaddmm",
        "sparse tensors");
    why.put(
        "is_quantized dequantize int_repr q_scale q_zero_point qscheme quantize_per_tensor",
        "quantized tensors");
    why.put(
        "is_inference is_shared share_memory_ pin_memory is_pinned record_stream dim_order"
            + " is_distributed",
        "states that a tensor does not have here");
    why.put(
        "register_post_accumulate_grad_hook grad_dtype output_nr name",
        "of autograd's inside; hooks are `registerHook`");
    why.put(
        "get_default_dtype set_default_dtype get_default_device set_default_device"
            + " use_deterministic_algorithms set_flush_denormal",
        "settings of a whole process that change what other code means");
    why.put(
        "bartlett_window blackman_window hamming_window hann_window kaiser_window",
        "windows for Fourier transforms");
    why.put(
        "unsafe_chunk unsafe_split unsafe_split_with_sizes hash_tensor segment_reduce"
            + " norm_except_dim frobenius_norm nuclear_norm",
        "not documented by PyTorch");
    why.put(
        "new_empty_strided empty_strided empty_permuted",
        "memory in an order of one's own: `Tensor.empty(…).permute(…)`");
    why.put("lobpcg", "an iterative algorithm for sparse matrices");
    why.put("fill_diagonal_(wrap=True)", "a form that nothing else has");
    return why;
  }

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

  /** What is said to be left out on purpose, but is here. */
  static List<String> hereAfterAll() {
    return NOT_MADE.keySet().stream()
        .flatMap(names -> Stream.of(names.split(" ")))
        .filter(name -> !TorchCalls.methods(name).isEmpty())
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
    lines.add(
        entries.keySet().stream()
            .filter(op -> !there.containsKey(op))
            .map(op -> "`" + op + "`")
            .collect(Collectors.joining(", ", "", ".\n")));
    lines.add("## What is left out\n");
    TreeMap<String, List<String>> reasons = new TreeMap<>();
    new TreeMap<>(leftOut)
        .forEach((op, why) -> reasons.computeIfAbsent(why, key -> new ArrayList<>()).add(op));
    reasons.forEach(
        (why, ops) ->
            lines.add(
                ops.stream()
                    .map(op -> "`" + op + "`")
                    .collect(Collectors.joining(", ", "- " + why + ": ", "."))));
    lines.add(
        "\n"
            + "Of the other methods of `torch.Tensor` and functions of `torch`, these are not"
            + " methods of `Tensor`:\n");
    NOT_MADE.forEach(
        (names, why) -> lines.add("- " + why + ": `" + names.replace(" ", "`, `") + "`."));
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
