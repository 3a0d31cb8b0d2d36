package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.io.Safetensors;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.nn.RNN.Nonlinearity;
import dev.chagres.nn.Sequences.Sorting;
import dev.chagres.optim.Adam;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Recurrent layers, beside what golden_recurrent.py has had PyTorch compute. */
@OnEveryDevice
class RecurrentTest {
  private static final Path FILE =
      Path.of("src", "test", "resources", "golden", "recurrent.safetensors");

  private static Map<String, Tensor> golden() throws IOException {
    Map<String, Tensor> golden = new TreeMap<>(Safetensors.load(FILE));
    golden.replaceAll((_, tensor) -> tensor.to(DefaultDevice.get()));
    return golden;
  }

  private interface Maker<O> {
    Module make(long inputSize, long hiddenSize, O options);
  }

  private static <O extends RecurrentOptions<O>> void add(
      Map<String, Supplier<Module>> cases, String name, O plain, Maker<O> maker) {
    cases.put(name, () -> maker.make(4, 6, plain));
    cases.put(name + "_state", () -> maker.make(4, 6, plain));
    cases.put(name + "_no_bias", () -> maker.make(4, 6, plain.bias(Bias.NONE).batchFirst()));
    cases.put(name + "_both", () -> maker.make(4, 6, plain.numLayers(2).bidirectional()));
    O dropping = plain.numLayers(3).dropout(0.4).batchFirst();
    cases.put(name + "_dropout", () -> maker.make(4, 6, dropping));
    cases.put(name + "_alone", () -> maker.make(4, 6, plain.numLayers(2)));
    cases.put(name + "_packed", () -> maker.make(4, 6, plain.numLayers(2)));
    O both = plain.numLayers(2).bidirectional().dropout(0.3).batchFirst();
    cases.put(name + "_unsorted", () -> maker.make(4, 6, both));
  }

  private static Map<String, Supplier<Module>> cases() {
    Map<String, Supplier<Module>> cases = new TreeMap<>();
    add(cases, "rnn", RNN.options(), RNN::new);
    add(cases, "gru", GRU.options(), GRU::new);
    add(cases, "lstm", LSTM.options(), LSTM::new);
    var relu = RNN.options().nonlinearity(Nonlinearity.RELU).numLayers(2).bidirectional();
    cases.put("rnn_relu", () -> new RNN(4, 6, relu));
    var projected = LSTM.options().numLayers(2).projSize(3);
    cases.put("lstm_projected", () -> new LSTM(4, 6, projected));
    cases.put(
        "lstm_projected_packed", () -> new LSTM(4, 6, projected.bidirectional().bias(Bias.NONE)));
    cases.put("rnn_cell", () -> new RNNCell(4, 6));
    cases.put("rnn_cell_alone", () -> new RNNCell(4, 6, Bias.NONE, Nonlinearity.TANH));
    cases.put("rnn_cell_relu", () -> new RNNCell(4, 6, Bias.LEARNED, Nonlinearity.RELU));
    cases.put("gru_cell", () -> new GRUCell(4, 6));
    cases.put("gru_cell_alone", () -> new GRUCell(4, 6, Bias.NONE));
    cases.put("lstm_cell", () -> new LSTMCell(4, 6));
    cases.put("lstm_cell_alone", () -> new LSTMCell(4, 6, Bias.NONE));
    return cases;
  }

  /** The numbers that the CPU's generator gives, whatever the device. */
  private static <T> T drawnOnCpu(Supplier<T> body) {
    Chagres.manualSeed(42);
    return body.get();
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @TestFactory
  Stream<DynamicTest> layersAreTorchs() throws IOException {
    Map<String, Tensor> golden = golden();
    Set<String> names = new TreeSet<>();
    golden.keySet().forEach(key -> names.add(key.substring(0, key.indexOf('/'))));
    names.remove("training");
    assertEquals(names, cases().keySet());
    return names.stream()
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      Module module = drawnOnCpu(cases().get(name));
                      List<String> keys = new ArrayList<>(module.stateDict().keySet());
                      for (String key : keys) {
                        Tensor wanted = golden.get(name + "/state/" + key);
                        assertTrue(wanted.equal(module.stateDict().get(key)), key);
                      }
                      assertEquals(stateOf(golden, name).size(), keys.size());
                      check(golden, name, module);
                    }));
  }

  /** What dropout draws is another device's, but all else has to agree. */
  @TestFactory
  Stream<DynamicTest> layersWithLoadedStatesAreTorchs() throws IOException {
    Map<String, Tensor> golden = golden();
    return cases().entrySet().stream()
        .filter(each -> !each.getKey().contains("dropout") && !each.getKey().contains("unsorted"))
        .map(
            each ->
                dynamicTest(
                    each.getKey(),
                    () -> {
                      Module module = each.getValue().get();
                      module.loadStateDict(stateOf(golden, each.getKey()));
                      check(golden, each.getKey(), module);
                    }));
  }

  private static Map<String, Tensor> stateOf(Map<String, Tensor> golden, String name) {
    Map<String, Tensor> state = new TreeMap<>();
    String prefix = name + "/state/";
    golden.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            state.put(key.substring(prefix.length()), value);
          }
        });
    return state;
  }

  /** An output, and the parts of the state that comes with it. */
  private record Ended(Tensor output, List<Tensor> state) {}

  private static Ended run(Module module, Tensor x, Tensor lengths, List<Tensor> begin) {
    return switch (module) {
      case LSTM lstm ->
          ended(
              lstm,
              x,
              lengths,
              begin.isEmpty() ? null : new LSTM.State(begin.get(0), begin.get(1)),
              state -> List.of(state.h(), state.c()));
      case RNN rnn -> ended(rnn, x, lengths, begin.isEmpty() ? null : begin.get(0), List::of);
      case GRU gru -> ended(gru, x, lengths, begin.isEmpty() ? null : begin.get(0), List::of);
      case LSTMCell cell -> {
        LSTM.State state =
            begin.isEmpty()
                ? cell.step(x)
                : cell.step(x, new LSTM.State(begin.get(0), begin.get(1)));
        yield new Ended(state.h(), List.of(state.h(), state.c()));
      }
      case RNNCell cell -> ended(begin.isEmpty() ? cell.step(x) : cell.step(x, begin.get(0)));
      case GRUCell cell -> ended(begin.isEmpty() ? cell.step(x) : cell.step(x, begin.get(0)));
      default -> throw new AssertionError(module);
    };
  }

  private static Ended ended(Tensor hidden) {
    return new Ended(hidden, List.of(hidden));
  }

  private static <S> Ended ended(
      Recurrent<S> layer, Tensor x, Tensor lengths, S begin, Function<S, List<Tensor>> parts) {
    if (lengths == null) {
      var run = begin == null ? layer.run(x) : layer.run(x, begin);
      return new Ended(run.output(), parts.apply(run.state()));
    }
    Order order =
        layer.toString().contains("batch_first") ? Order.BATCH_FIRST : Order.SEQUENCE_FIRST;
    long[] each = lengths.toLongArray();
    boolean sorted = true;
    for (int i = 1; i < each.length; i++) {
      sorted &= each[i] <= each[i - 1];
    }
    PackedSequence packed =
        Sequences.packPaddedSequence(x, lengths, order, sorted ? Sorting.ENFORCED : Sorting.NEEDED);
    var run = begin == null ? layer.run(packed) : layer.run(packed, begin);
    var padded = Sequences.padPackedSequence(run.output(), order, 0);
    assertTrue(lengths.cpu().equal(padded.lengths().cpu()));
    return new Ended(padded.output(), parts.apply(run.state()));
  }

  private static void check(Map<String, Tensor> golden, String name, Module module) {
    Tensor x = golden.get(name + "/in").clone().requiresGrad_();
    List<Tensor> begin = new ArrayList<>();
    for (String part : List.of("h0", "c0")) {
      if (golden.containsKey(name + "/" + part)) {
        begin.add(golden.get(name + "/" + part).clone().requiresGrad_());
      }
    }
    Chagres.manualSeed(7);
    Ended ended = run(module, x, golden.get(name + "/lengths"), begin);
    GoldenCases.assertClose(golden.get(name + "/out"), ended.output, name);
    Tensor loss = ended.output.mul(golden.get(name + "/cotangent")).sum();
    for (int i = 0; i < ended.state.size(); i++) {
      String part = i == 0 ? "h" : "c";
      GoldenCases.assertClose(golden.get(name + "/" + part), ended.state.get(i), name + part);
      loss = loss.add(ended.state.get(i).mul(golden.get(name + "/cotangent_" + part)).sum());
    }
    loss.backward();
    GoldenCases.assertClose(golden.get(name + "/grad/in"), x.grad(), name);
    for (int i = 0; i < begin.size(); i++) {
      String part = i == 0 ? "h0" : "c0";
      GoldenCases.assertClose(golden.get(name + "/grad/" + part), begin.get(i).grad(), part);
    }
    module
        .namedParameters()
        .forEach(
            (key, value) ->
                GoldenCases.assertClose(golden.get(name + "/grad/" + key), value.grad(), key));
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void trainingHasTorchsLosses() throws IOException {
    Chagres.manualSeed(42);
    var lstm = new LSTM(3, 16, LSTM.options().numLayers(2).dropout(0.1));
    var head = new Linear(16, 1);
    List<Parameter> parameters = new ArrayList<>(lstm.parameters());
    parameters.addAll(head.parameters());
    var optimizer = new Adam(parameters, Adam.options().lr(1e-2));
    Tensor x = Tensor.randn(12, 8, 3);
    Tensor y = Tensor.randn(8, 1);
    List<Tensor> losses = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      optimizer.zeroGrad();
      Tensor loss = Functional.mseLoss(head.call(lstm.call(x).select(0, -1)), y);
      loss.backward();
      optimizer.step();
      losses.add(loss.detach());
    }
    Tensor expected = golden().get("training/losses");
    assertTrue(
        expected.sub(Tensor.stack(losses)).abs().amax().item() < 1e-5,
        () -> expected + " " + losses);
  }

  @Test
  void callsGiveTheOutputAlone() {
    Tensor x = Tensor.randn(5, 3, 4);
    var lstm = new LSTM(4, 6);
    var run = lstm.run(x);
    assertTrue(run.output().equal(lstm.call(x)));
    LSTM.State state = run.state();
    assertTrue(lstm.run(x, state).output().equal(lstm.call(x, state.h(), state.c())));
    assertTrue(state.h().requiresGrad() && !state.detach().h().requiresGrad());
    assertThrows(IllegalArgumentException.class, () -> lstm.call(x, state.h()));
    var gru = new GRU(4, 6);
    Tensor hidden = gru.run(x).state();
    assertTrue(gru.run(x, hidden).output().equal(gru.call(x, hidden)));
    assertThrows(IllegalArgumentException.class, () -> gru.call(x, hidden, hidden));
    var cell = new LSTMCell(4, 6);
    Tensor step = x.select(0, 0);
    LSTM.State next = cell.step(step);
    assertTrue(next.h().equal(cell.call(step)));
    assertTrue(cell.step(step, next).h().equal(cell.call(step, next.h(), next.c())));
  }

  @Test
  void hooksSeeTheOutputOfARun() {
    Tensor x = Tensor.randn(5, 3, 4);
    var lstm = new LSTM(4, 6);
    var plain = lstm.run(x);
    List<Integer> given = new ArrayList<>();
    lstm.registerForwardPreHook((_, inputs) -> given.add(inputs.size()) ? null : inputs);
    lstm.registerForwardHook((_, _, output) -> output.neg());
    var run = lstm.run(x);
    assertTrue(run.output().equal(plain.output().neg()));
    assertTrue(run.state().h().equal(plain.state().h()));
    assertTrue(lstm.call(x).equal(run.output()));
    lstm.run(x, run.state());
    assertEquals(List.of(1, 1, 3), given);
    var cell = new GRUCell(4, 6);
    Tensor next = cell.step(x.select(0, 0));
    cell.registerForwardHook((_, _, output) -> output.mul(2));
    assertTrue(cell.step(x.select(0, 0)).equal(next.mul(2)));
    assertTrue(cell.call(x.select(0, 0), next).equal(cell.step(x.select(0, 0), next)));
  }

  /** A layer is its cell, step by step; a long sequence may be read in parts. */
  @Test
  void layersAreCellsStepByStep() {
    var layer = new LSTM(4, 6);
    var cell = new LSTMCell(4, 6);
    Map<String, Tensor> state = new TreeMap<>();
    layer.stateDict().forEach((key, value) -> state.put(key.replace("_l0", ""), value));
    cell.loadStateDict(state);
    Tensor x = Tensor.randn(5, 3, 4);
    var run = layer.run(x);
    LSTM.State now = null;
    for (int i = 0; i < 5; i++) {
      now = now == null ? cell.step(x.select(0, i)) : cell.step(x.select(0, i), now);
      GoldenCases.assertClose(run.output().select(0, i).detach(), now.h(), "step " + i);
    }
    var first = layer.run(x.narrow(0, 0, 2));
    var second = layer.run(x.narrow(0, 2, 3), first.state());
    GoldenCases.assertClose(run.output().narrow(0, 2, 3).detach(), second.output(), "in parts");
    GoldenCases.assertClose(run.state().c().detach(), second.state().c(), "cells");
  }

  @Test
  void printsAsTorchDoes() {
    var all = LSTM.options().numLayers(2).batchFirst().dropout(0.1).bidirectional();
    assertEquals(
        "LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.1,"
            + " bidirectional=True)",
        new LSTM(3, 4, all.projSize(2).bias(Bias.NONE)).toString());
    assertEquals(
        "RNN(3, 4)", new RNN(3, 4, RNN.options().nonlinearity(Nonlinearity.RELU)).toString());
    assertEquals("GRU(3, 4, num_layers=2)", new GRU(3, 4, GRU.options().numLayers(2)).toString());
    assertEquals("LSTMCell(3, 4)", new LSTMCell(3, 4).toString());
    assertEquals("GRUCell(3, 4, bias=False)", new GRUCell(3, 4, Bias.NONE).toString());
    assertEquals(
        "RNNCell(3, 4, nonlinearity=relu)",
        new RNNCell(3, 4, Bias.LEARNED, Nonlinearity.RELU).toString());
  }

  @Test
  void refusesWhatDoesNotFit() {
    var lstm = new LSTM(4, 6);
    Tensor x = Tensor.ones(5, 3, 4);
    Tensor h = Tensor.ones(1, 3, 6);
    for (Tensor bad :
        List.of(Tensor.ones(4), Tensor.ones(5, 3, 5), Tensor.ones(0, 3, 4), x.to(DType.FLOAT64))) {
      assertThrows(IllegalArgumentException.class, () -> lstm.run(bad));
    }
    for (LSTM.State bad :
        List.of(
            new LSTM.State(Tensor.ones(2, 3, 6), h),
            new LSTM.State(h, Tensor.ones(1, 2, 6)),
            new LSTM.State(h.select(0, 0), h.select(0, 0)))) {
      assertThrows(IllegalArgumentException.class, () -> lstm.run(x, bad));
    }
    for (Supplier<?> bad :
        List.<Supplier<?>>of(
            () -> new LSTM(0, 4),
            () -> new GRU(3, 0),
            () -> RNN.options().numLayers(0),
            () -> GRU.options().dropout(1.5),
            () -> LSTM.options().projSize(-1),
            () -> new LSTM(3, 4, LSTM.options().projSize(4)),
            () -> new LSTMCell(3, 0),
            () -> new GRUCell(0, 3))) {
      assertThrows(IllegalArgumentException.class, bad::get);
    }
    var cell = new GRUCell(4, 6);
    for (Tensor bad : List.of(x, Tensor.ones(3, 5), Tensor.scalar(1))) {
      assertThrows(IllegalArgumentException.class, () -> cell.step(bad));
    }
    assertThrows(
        IllegalArgumentException.class, () -> cell.step(x.select(0, 0), Tensor.ones(2, 6)));
  }

  /** What PyTorch 2.13 returns on a CPU, and in 16 bits throughout on GPUs. */
  @Test
  void autocastComputesInTorchsDtypes() {
    boolean cpu = DefaultDevice.get().isCpu();
    DType mixed = cpu ? DType.FLOAT32 : DType.BFLOAT16;
    Tensor x = Tensor.randn(5, 3, 4);
    Tensor step = x.select(0, 0);
    var lstm = new LSTM(4, 6, LSTM.options().numLayers(2));
    var gru = new GRU(4, 6);
    Tensor wide = lstm.call(x);
    Tensor wideGru = gru.call(x);
    try (var _ = Autocast.on(DefaultDevice.get(), DType.BFLOAT16)) {
      var run = lstm.run(x);
      assertEquals(DType.BFLOAT16, run.output().dtype());
      assertEquals(DType.BFLOAT16, run.state().c().dtype());
      assertTrue(run.output().sub(wide).abs().amax().item() < 0.02);
      Tensor ofGru = gru.call(x);
      assertEquals(mixed, ofGru.dtype());
      double apart = ofGru.sub(wideGru).abs().amax().item();
      assertTrue(apart > 0 && apart < 0.02, () -> "" + apart);
      assertEquals(DType.BFLOAT16, new RNN(4, 6).call(x).dtype());
      assertEquals(mixed, new LSTMCell(4, 6).step(step).c().dtype());
      assertEquals(mixed, new GRUCell(4, 6).step(step).dtype());
      assertEquals(DType.BFLOAT16, new RNNCell(4, 6).step(step).dtype());
    }
    Tensor loss = Autocast.run(DefaultDevice.get(), DType.BFLOAT16, () -> lstm.call(x)).sum();
    loss.backward();
    lstm.parameters().forEach(each -> assertEquals(DType.FLOAT32, each.grad().dtype()));
  }

  @Test
  void wholeLayersIn16BitsAreClose() {
    Tensor x = Tensor.randn(5, 3, 4);
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      var lstm = new LSTM(4, 6);
      Tensor wide = lstm.call(x).detach();
      lstm.to(dtype);
      Tensor y = lstm.call(x.to(dtype));
      assertEquals(dtype, y.dtype());
      assertTrue(y.to(DType.FLOAT32).sub(wide).abs().amax().item() < 0.02);
    }
  }

  @Test
  void anotherDtypeIsExplained() {
    Tensor x = Tensor.ones(DType.FLOAT64, 5, 3, 4);
    assertEquals(
        "GRU: an input of float64 for weights of float32; convert it, or the layer, with to",
        assertThrows(IllegalArgumentException.class, () -> new GRU(4, 6).run(x)).getMessage());
    assertEquals(
        "LSTMCell: an input of float64 for weights of float32; convert it, or the layer, with to",
        assertThrows(IllegalArgumentException.class, () -> new LSTMCell(4, 6).step(x.get(0)))
            .getMessage());
    Tensor state = Tensor.zeros(1, 3, 6);
    var uneven = new LSTM.State(state, state.half());
    assertEquals(
        "LSTM: a state of float16 for weights of float32; convert it, or the layer, with to",
        assertThrows(IllegalArgumentException.class, () -> new LSTM(4, 6).run(x.toFloat(), uneven))
            .getMessage());
    assertEquals(
        "RNNCell: a state of float64 for weights of float32; convert it, or the layer, with to",
        assertThrows(
                IllegalArgumentException.class,
                () -> new RNNCell(4, 6).step(x.get(0).toFloat(), state.get(0).toDouble()))
            .getMessage());
  }
}
