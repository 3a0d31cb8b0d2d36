package dev.chagres.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class DeviceTest {
  @Test
  void aDeviceIsNamedAsInPyTorch() {
    assertEquals(Device.cpu(), Device.of("cpu"));
    assertEquals(Device.cuda(0), Device.of("cuda"));
    assertEquals(Device.cuda(3), Device.of("cuda:3"));
    assertEquals("cuda:3", Device.of("cuda:3").toString());
    assertEquals("cpu", Device.cpu().toString());
    assertNotEquals(Device.cuda(0), Device.cuda(1));
    assertEquals(Device.cuda(1).hashCode(), Device.of("cuda:1").hashCode());
    assertTrue(Device.cuda(0).isCuda() && !Device.cuda(0).isCpu());
    for (String wrong :
        new String[] {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "cuda:99999999999"}) {
      assertThrows(IllegalArgumentException.class, () -> Device.of(wrong), wrong);
    }
    assertThrows(IllegalArgumentException.class, () -> Device.cuda(-1));
  }
}
