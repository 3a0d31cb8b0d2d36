package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** PyTorch's public names of tensors: each is here, or left out for a reason. */
class TorchNamesTest {
  @Test
  void everyNameIsHereOrLeftOut() {
    assertTrue(TorchNames.all().size() > 1000);
    assertEquals(List.of(), TorchNames.unknown(), "write these, or say in TorchNames why not");
  }

  @Test
  void whatIsSaidOfNamesIsTrue() {
    assertEquals(List.of(), TorchNames.untrue());
  }
}
