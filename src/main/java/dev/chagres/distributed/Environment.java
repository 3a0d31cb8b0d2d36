package dev.chagres.distributed;

import dev.chagres.core.Device;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a launcher says of a rank. */
final class Environment {
  private static final int PORT = 29500;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private Environment() {}

  static ProcessGroup.Options of(int rank, int worldSize) {
    return new ProcessGroup.Options(
        InetSocketAddress.createUnresolved("localhost", PORT),
        rank,
        worldSize,
        Device.cuda(Math.max(0, rank)),
        TIMEOUT);
  }

  static ProcessGroup.Options read(Map<String, String> environment) {
    int rank = number(environment, "RANK");
    int worldSize = number(environment, "WORLD_SIZE");
    String host = text(environment, "MASTER_ADDR");
    int port = number(environment, "MASTER_PORT");
    ProcessGroup.Options options = of(rank, worldSize).master(host, port);
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
