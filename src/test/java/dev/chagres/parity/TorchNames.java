package dev.chagres.parity;

import dev.chagres.Chagres;
import dev.chagres.io.Safetensors;
import dev.chagres.linalg.Linalg;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What we call the public names of PyTorch's tensors, or why they are left out. A name that is not
 * mentioned here is the method in camelCase of the first of {@link #HOLDERS} that has one.
 */
final class TorchNames {
  private static final List<Class<?>> HOLDERS =
      List.of(
          Tensor.class,
          Linalg.class,
          Special.class,
          Functional.class,
          Autograd.class,
          Chagres.class,
          Generator.class,
          Safetensors.class);

  /** Names that we call otherwise. */
  private static final Map<String, String> OTHERWISE = otherwise();

  /** Names that are left out, and why. */
  private static final Map<String, String> LEFT_OUT = split(leftOut());

  private TorchNames() {}

  private static Map<String, String> otherwise() {
    Map<String, String> ours = new TreeMap<>();
    ours.put("put put_", "Tensor.putFlat, putFlat_");
    ours.put(
        "float double int long short byte char",
        "Tensor.toFloat, toDouble, toInt, toLong, toShort, toByte, toChar");
    ours.put("type", "Tensor.to, dtype");
    ours.put("is_meta is_mps is_xpu xpu", "Tensor.to, device");
    ours.put("data", "Tensor.detach, setData");
    ours.put("set_", "Tensor.setData");
    ours.put("untyped_storage", "Tensor.storage");
    ours.put("data_ptr const_data_ptr", "Tensor.segment, readOnlySegment");
    ours.put("numpy from_numpy frombuffer from_file", "Tensor.of, segment");
    ours.put("tensor as_tensor asarray new", "Tensor.of, newTensor");
    ours.put("scalar_tensor", "Tensor.scalar");
    ours.put("ger", "Tensor.outer");
    ours.put("range", "Tensor.arange, linspace");
    ours.put("unsafe_chunk", "Tensor.chunk");
    ours.put("unsafe_split unsafe_split_with_sizes", "Tensor.split, splitWithSizes");
    ours.put("triangular_solve", "Linalg.solveTriangular");
    ours.put("frobenius_norm nuclear_norm", "Linalg.matrixNorm");
    ours.put("save load", "Safetensors.save, load");
    ours.put("set_anomaly_enabled", "Autograd.setDetectAnomaly");
    ours.put("is_anomaly_check_nan_enabled", "Autograd.isAnomalyEnabled");
    return split(ours);
  }

  private static Map<String, String> leftOut() {
    Map<String, String> why = new LinkedHashMap<>();
    why.put(
        "is_complex is_conj is_neg real imag conj conj_physical conj_physical_ resolve_conj"
            + " resolve_neg view_as_real view_as_complex complex polar cfloat cdouble chalf"
            + " linalg.eig linalg.eigvals view_as_real_copy view_as_complex_copy",
        "complex numbers");
    why.put(
        "is_sparse is_sparse_csr sparse_dim dense_dim sparse_mask sparse_resize_"
            + " sparse_resize_and_clear_ resize_as_sparse_ coalesce is_coalesced indices values"
            + " crow_indices col_indices ccol_indices row_indices indices_copy values_copy"
            + " crow_indices_copy col_indices_copy ccol_indices_copy row_indices_copy to_dense"
            + " to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr"
            + " sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor"
            + " sparse_csc_tensor sparse_csr_tensor smm sspaddmm dsmm hsmm hspmm saddmm spmm",
        "sparse tensors");
    why.put("is_nested to_padded_tensor", "nested tensors, rows of different lengths");
    why.put(
        "is_quantized dequantize int_repr qscheme q_scale q_zero_point q_per_channel_axis"
            + " q_per_channel_scales q_per_channel_zero_points quantize_per_tensor"
            + " quantize_per_tensor_dynamic quantize_per_channel empty_quantized"
            + " choose_qparams_optimized fake_quantize_per_tensor_affine"
            + " fake_quantize_per_channel_affine fused_moving_avg_obs_fake_quant"
            + " quantized_batch_norm quantized_gru_cell quantized_lstm_cell quantized_rnn_relu_cell"
            + " quantized_rnn_tanh_cell quantized_max_pool1d quantized_max_pool2d"
            + " quantized_max_pool3d fbgemm_linear_fp16_weight"
            + " fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight"
            + " fbgemm_linear_int8_weight_fp32_activation fbgemm_linear_quantize_weight"
            + " fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix",
        "quantized tensors");
    why.put("stft istft", "Fourier transforms");
    why.put(
        "bartlett_window blackman_window hamming_window hann_window kaiser_window",
        "windows for Fourier transforms");
    why.put(
        "i0 i0_ special.airy_ai special.bessel_j0 special.bessel_j1 special.bessel_y0"
            + " special.bessel_y1 special.i0 special.i0e special.i1 special.i1e"
            + " special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0"
            + " special.modified_bessel_k1 special.scaled_modified_bessel_k0"
            + " special.scaled_modified_bessel_k1 special.spherical_bessel_j0 special.zeta"
            + " special.chebyshev_polynomial_t special.chebyshev_polynomial_u"
            + " special.chebyshev_polynomial_v special.chebyshev_polynomial_w"
            + " special.hermite_polynomial_h special.hermite_polynomial_he"
            + " special.laguerre_polynomial_l special.legendre_polynomial_p"
            + " special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u"
            + " special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w",
        "Bessel-like functions, the zeta function and orthogonal polynomials");
    why.put(
        "adaptive_avg_pool1d adaptive_max_pool1d affine_grid_generator alpha_dropout"
            + " alpha_dropout_ avg_pool1d batch_norm bilinear celu celu_ channel_shuffle"
            + " constant_pad_nd conv1d conv3d conv_tbc conv_transpose1d conv_transpose2d"
            + " conv_transpose3d convolution cosine_embedding_loss cosine_similarity ctc_loss"
            + " dropout_ embedding embedding_bag embedding_renorm_ feature_alpha_dropout"
            + " feature_alpha_dropout_ feature_dropout feature_dropout_ grid_sampler"
            + " grid_sampler_2d grid_sampler_3d group_norm gru gru_cell hardshrink"
            + " hinge_embedding_loss instance_norm kl_div layer_norm lstm lstm_cell"
            + " margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool3d"
            + " pairwise_distance pixel_shuffle pixel_unshuffle poisson_nll_loss prelu rms_norm"
            + " rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell rrelu rrelu_ selu selu_ threshold"
            + " threshold_ triplet_margin_loss",
        "functions of networks, which belong in `Functional`, not on tensors");
    why.put(
        "batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt"
            + " batch_norm_gather_stats batch_norm_gather_stats_with_counts batch_norm_stats"
            + " batch_norm_update_stats cudnn_affine_grid_generator cudnn_batch_norm"
            + " cudnn_convolution cudnn_convolution_add_relu cudnn_convolution_relu"
            + " cudnn_convolution_transpose cudnn_grid_sampler cudnn_is_acceptable"
            + " miopen_batch_norm miopen_convolution miopen_convolution_add_relu"
            + " miopen_convolution_relu miopen_convolution_transpose miopen_ctc_loss"
            + " miopen_depthwise_convolution miopen_rnn mkldnn_adaptive_avg_pool2d"
            + " mkldnn_convolution mkldnn_linear_backward_weights mkldnn_max_pool2d"
            + " mkldnn_max_pool3d mkldnn_rnn_layer native_batch_norm native_channel_shuffle"
            + " native_dropout native_group_norm native_layer_norm native_norm is_mkldnn to_mkldnn",
        "doors of PyTorch to one library or kernel, behind functions of networks");
    why.put(
        "alias_copy as_strided_copy detach_copy diagonal_copy expand_copy narrow_copy permute_copy"
            + " select_copy slice_copy split_copy split_with_sizes_copy squeeze_copy t_copy"
            + " transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy",
        "views that are copied, made for compilers: `x.narrow(…).clone()`");
    why.put("slice_inverse norm_except_dim", "internal: they have no documentation");
    why.put("hash_tensor", "a number of a dtype that is not here, uint64");
    why.put("lobpcg", "an iteration for large sparse matrices; `Linalg.eigh` has all eigenvalues");
    why.put("apply_ map_ map2_", "a call of a function for every element");
    why.put(
        "resize resize_ resize_as resize_as_ storage_type",
        "a storage keeps its size and has no type here");
    why.put("is_shared share_memory_ is_distributed", "states that no tensor has here");
    why.put(
        "ipu is_ipu is_maia mtia is_mtia is_vulkan is_vulkan_available is_xla",
        "devices that the library does not know");
    why.put("grad_dtype output_nr name", "the inside of PyTorch's autograd");
    why.put("dim_order", "experimental in PyTorch; `stride()` says as much");
    why.put("as_subclass module_load", "of subclasses of tensors");
    why.put("reinforce volatile eig symeig", "removed from PyTorch, where they raise or warn");
    why.put(
        "sym_constrain_range sym_constrain_range_for_size sym_float sym_fresh_size sym_int sym_ite"
            + " sym_max sym_min sym_not sym_sqrt sym_sum",
        "numbers that are symbols, for compilers");
    why.put(
        "classproperty compile cond fork import_ir_module import_ir_module_from_buffer"
            + " merge_type_from_type_comment parse_ir parse_schema parse_type_comment"
            + " unify_type_list wait while_loop",
        "of PyTorch's compilers");
    why.put(
        "autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache"
            + " get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype"
            + " get_autocast_ipu_dtype get_autocast_xla_dtype is_autocast_cache_enabled"
            + " is_autocast_cpu_enabled is_autocast_enabled is_autocast_ipu_enabled"
            + " is_autocast_xla_enabled set_autocast_cache_enabled set_autocast_cpu_dtype"
            + " set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled"
            + " set_autocast_gpu_dtype set_autocast_ipu_dtype set_autocast_ipu_enabled"
            + " set_autocast_xla_dtype set_autocast_xla_enabled",
        "the inside of automatic casts");
    why.put(
        "are_deterministic_algorithms_enabled get_default_device get_default_dtype"
            + " get_deterministic_debug_mode get_float32_matmul_precision"
            + " is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled"
            + " set_default_device set_default_dtype set_default_tensor_type"
            + " set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal"
            + " set_printoptions set_warn_always use_deterministic_algorithms",
        "settings of a whole process that change what other code means");
    why.put(
        "compiled_with_cxx11_abi get_device_module get_file_path get_num_interop_threads"
            + " init_num_threads prepare_multiprocessing_environment"
            + " profiler_allow_cudagraph_cupti_lazy_reinit_cuda12 set_num_interop_threads"
            + " thread_safe_generator",
        "of PyTorch's own build and processes");
    why.put("from_dlpack to_dlpack", "memory exchanged with other libraries of Python");
    why.put("is_storage is_tensor typename", "the classes of Python's objects: `instanceof`");
    return why;
  }

  /** All names in PyTorch, in their order. */
  static List<String> all() {
    try (InputStream in = TorchNames.class.getResourceAsStream("/golden/names.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(line -> line.substring(0, line.indexOf(' '))).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the class and name of our method, null if there is none. */
  static @Nullable String ours(String name) {
    if (LEFT_OUT.containsKey(name)) {
      return null;
    }
    String otherwise = OTHERWISE.get(name);
    return otherwise != null ? otherwise : byRule(name);
  }

  private static @Nullable String byRule(String name) {
    String method = TorchCalls.camel(name.substring(name.indexOf('.') + 1));
    List<Class<?>> holders =
        name.startsWith("linalg.")
            ? List.of(Linalg.class, Tensor.class)
            : name.startsWith("special.") ? List.of(Special.class, Tensor.class) : HOLDERS;
    return holders.stream()
        .filter(holder -> has(holder, method))
        .map(holder -> holder.getSimpleName() + "." + method)
        .findFirst()
        .orElse(null);
  }

  private static boolean has(Class<?> holder, String method) {
    return Arrays.stream(holder.getMethods())
        .filter(each -> each.getDeclaringClass() != Object.class)
        .map(Method::getName)
        .anyMatch(method::equals);
  }

  /** Names of which nothing is said. */
  static List<String> unknown() {
    return all().stream().filter(name -> ours(name) == null && reason(name) == null).toList();
  }

  /** Returns why a name is left out, null if it is not. */
  static @Nullable String reason(String name) {
    return LEFT_OUT.get(name);
  }

  /** Whether something is said of a name beside what follows from the rule. */
  static boolean isSpokenOf(String name) {
    return LEFT_OUT.containsKey(name) || OTHERWISE.containsKey(name);
  }

  /** What is said here and is not so. */
  static List<String> untrue() {
    List<String> all = all();
    List<String> untrue = new ArrayList<>();
    Stream.concat(OTHERWISE.keySet().stream(), LEFT_OUT.keySet().stream())
        .filter(name -> !all.contains(name))
        .forEach(name -> untrue.add(name + " is no name of PyTorch's"));
    for (String name : LEFT_OUT.keySet()) {
      String ours = byRule(name);
      if (OTHERWISE.containsKey(name) || ours != null && ours.startsWith("Tensor.")) {
        untrue.add(name + " is left out, and here");
      }
    }
    OTHERWISE.forEach(
        (name, ours) -> {
          String[] parts = ours.split("\\.", 2);
          Class<?> holder =
              HOLDERS.stream()
                  .filter(each -> each.getSimpleName().equals(parts[0]))
                  .findFirst()
                  .orElseThrow();
          Stream.of(parts[1].split(", "))
              .filter(method -> !has(holder, method))
              .forEach(method -> untrue.add(name + " is not " + parts[0] + "." + method));
          String rule = byRule(name);
          if (rule != null && rule.equals(ours)) {
            untrue.add(name + " needs no mention");
          }
        });
    return untrue;
  }

  /** The part of PARITY.md that says of every name where it is, or why not. */
  static List<String> text() {
    Map<String, List<String>> byHolder = new LinkedHashMap<>();
    HOLDERS.forEach(holder -> byHolder.put(holder.getSimpleName(), new ArrayList<>()));
    Map<String, List<String>> otherwise = new LinkedHashMap<>();
    Map<String, List<String>> leftOut = new LinkedHashMap<>();
    leftOut().values().forEach(why -> leftOut.put(why, new ArrayList<>()));
    for (String name : all()) {
      String why = reason(name);
      String ours = ours(name);
      if (why != null) {
        Objects.requireNonNull(leftOut.get(why)).add(name);
      } else if (OTHERWISE.containsKey(name)) {
        otherwise.computeIfAbsent(ours, key -> new ArrayList<>()).add(name);
      } else if (ours != null) {
        String holder = ours.substring(0, ours.indexOf('.'));
        Objects.requireNonNull(byHolder.get(holder)).add(name);
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("\n## Names\n");
    lines.add(
        "The %,d public names of `torch.Tensor` and functions of `torch`, `torch.linalg` and"
                .formatted(all().size())
            + " `torch.special`, without Python's operators. In camelCase these are methods");
    byHolder.values().removeIf(List::isEmpty);
    byHolder.forEach((holder, names) -> lines.add("- of `" + holder + "`: " + quoted(names)));
    lines.add("\nThese are called otherwise:\n");
    lines.add("| PyTorch | Chagres |");
    lines.add("| --- | --- |");
    otherwise.forEach((ours, names) -> lines.add("| " + quoted(names) + " | `" + ours + "` |"));
    lines.add("\nThese are left out:\n");
    leftOut.forEach((why, names) -> lines.add("- " + why + ": " + quoted(names)));
    return lines;
  }

  private static String quoted(List<String> names) {
    return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
  }

  /** One entry for each of the names that an entry has. */
  private static Map<String, String> split(Map<String, String> grouped) {
    Map<String, String> each = new TreeMap<>();
    grouped.forEach(
        (names, said) -> {
          for (String name : names.split(" ")) {
            String before = each.put(name, said);
            if (before != null) {
              throw new AssertionError(name + " is there twice");
            }
          }
        });
    return each;
  }
}
