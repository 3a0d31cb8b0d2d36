package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What must travel with the libraries by others that the jar holds. */
class LicencesTest {
  private static String text(String name) throws IOException {
    try (InputStream in = NativeBundle.class.getResourceAsStream("/META-INF/" + name)) {
      assertNotNull(in, name + " is not there");
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void everyLibraryByOthersIsInTheNotice() throws IOException {
    String notice = text("NOTICE");
    NativeBundle bundle = NativeBundle.find(NativeBundle.platform());
    assertNotNull(bundle);
    for (NativeBundle.Entry entry : bundle.entries()) {
      if (!entry.name().contains("chagres")) {
        String name = entry.name().replaceFirst("(_s)?([.-].*)?\\.(so|dylib|dll).*", "");
        String plain = name.equals("libopenblas") ? "OpenBLAS" : name;
        assertTrue(notice.contains(plain), plain + " is shipped and not in NOTICE");
      }
    }
  }

  @Test
  void everyLicenceThatTheNoticeNamesIsThere() throws IOException {
    String notice = text("NOTICE");
    Map<String, String> starts =
        Map.of(
            "GPL-3.0.txt", "GNU GENERAL PUBLIC LICENSE",
            "GCC-exception-3.1.txt", "GCC RUNTIME LIBRARY EXCEPTION",
            "LGPL-2.1.txt", "GNU LESSER GENERAL PUBLIC LICENSE");
    for (Map.Entry<String, String> licence : starts.entrySet()) {
      assertTrue(notice.contains("licenses/" + licence.getKey()), licence.getKey());
      assertTrue(
          text("licenses/" + licence.getKey()).strip().startsWith(licence.getValue()),
          licence.getKey());
    }
    assertTrue(text("LICENSE").contains("Apache License"));
  }
}
