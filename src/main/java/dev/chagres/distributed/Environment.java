package dev.chagres.distributed;

import dev.chagres.core.Device;
import dev.chagres.distributed.ProcessGroup.Options.Calls;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a launcher says of a rank. */
final class Environment {
  private static final int PORT = 29500;

  /** PyTorch's for NCCL. */
  static final Duration TIMEOUT = Duration.ofMinutes(10);

  private static final Duration LONGEST = Duration.ofDays(1);

  private Environment() {}

  static void checkTimeout(String name, Duration timeout) {
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": a timeout of " + timeout);
    }
  }

  static ProcessGroup.Options of(int rank, int worldSize) {
    return new ProcessGroup.Options(
        InetSocketAddress.createUnresolved("localhost", PORT),
        rank,
        worldSize,
        Device.cuda(Math.max(0, rank)),
        TIMEOUT,
        Calls.TRUSTED);
  }

  static ProcessGroup.Options read(Map<String, String> environment) {
    int rank = number(environment, "RANK");
    int worldSize = number(environment, "WORLD_SIZE");
    String host = text(environment, "MASTER_ADDR");
    int port = number(environment, "MASTER_PORT");
    ProcessGroup.Options options = of(rank, worldSize).master(host, port);
    if ("DETAIL".equals(environment.get("TORCH_DISTRIBUTED_DEBUG"))) {
      options = options.compared();
    }
    return environment.containsKey("LOCAL_RANK")
        ? options.device(Device.cuda(number(environment, "LOCAL_RANK")))
        : options;
  }

  private static String text(Map<String, String> environment, String name) {
    @Nullable String value = environment.get(name);
    if (value == null || value.isBlank()) {
      throw new IllegalStateException(
          "init: the environment has no "
              + name
              + "; MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE say where rank 0 is, which rank"
              + " this is, and of how many; or pass options");
    }
    return value.strip();
  }

  private static int number(Map<String, String> environment, String name) {
    String value = text(environment, name);
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalStateException("init: " + name + " is no number: " + value, e);
    }
    throw new IllegalStateException("init: " + name + " is negative: " + value);
  }
}
