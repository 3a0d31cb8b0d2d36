package dev.chagres.benchmarks;

import dev.chagres.Chagres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The side of Chagres, in a process of its own; the protocol is that of python/twins.py. */
final class Worker {

  /** Longer than a twin's first round, as this one compiles what it runs. */
  private static final double WARM_UP_SECONDS = 2;

  private Worker() {}

  public static void main(String[] args) throws IOException {
    Chagres.setNumThreads(Integer.parseInt(args[0]));
    Map<String, Workload> workloads =
        Workloads.all().stream().collect(Collectors.toMap(Workload::name, Function.identity()));
    System.out.println("Chagres " + Chagres.version());
    var requests = new BufferedReader(new InputStreamReader(System.in));
    String current = "";
    Runnable task = () -> {};
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String[] request = line.split("\t", 2);
      double seconds = Double.parseDouble(request[0]);
      var workload = workloads.get(request[1]);
      if (workload == null) {
        System.out.println("-");
        continue;
      }
      if (!current.equals(workload.name())) {
        current = workload.name();
        task = workload.prepare().get();
        measure(task, WARM_UP_SECONDS);
      }
      System.out.println(measure(task, seconds) / workload.calls());
    }
  }

  private static double measure(Runnable task, double seconds) {
    double batch = seconds * 1e9 / 20;
    long start = System.nanoTime();
    task.run();
    long calls = Math.max(1, (long) (batch / Math.max(1, System.nanoTime() - start)));
    double[] times = new double[1024];
    int count = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end || count == 0) {
      start = System.nanoTime();
      for (long i = 0; i < calls; i++) {
        task.run();
      }
      double took = Math.max(1, System.nanoTime() - start);
      if (count == times.length) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count++] = took / calls;
      calls = Math.max(1, (long) (calls * batch / took));
    }
    Arrays.sort(times, 0, count);
    return times[count / 2];
  }
}
