import module java.base;

/** Files that are made from others, and when they have to be made again. */
final class Products {
  private Products() {}

  static List<Path> filesIn(Path folder, String... endings) throws IOException {
    if (!Files.isDirectory(folder)) {
      return new ArrayList<>();
    }
    try (var files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
          .sorted()
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }

  static String stem(Path file) {
    var name = file.getFileName().toString();
    return name.substring(0, name.lastIndexOf('.'));
  }

  static Path keyOf(Path product) {
    return product.resolveSibling(product.getFileName() + ".key");
  }

  static boolean isCurrent(Path product, byte[] key) throws IOException {
    var keyFile = keyOf(product);
    return Files.exists(product)
        && Files.exists(keyFile)
        && Arrays.equals(Files.readAllBytes(keyFile), key);
  }

  /**
   * Returns the SHA-256 of texts and of files' contents; for one file and no text, that of its
   * content alone.
   */
  static byte[] digest(List<Path> files, String... texts) throws Exception {
    var sha = MessageDigest.getInstance("SHA-256");
    for (var text : texts) {
      sha.update((text + '\0').getBytes());
    }
    for (var file : files) {
      if (files.size() > 1) {
        sha.update((file.getFileName().toString() + '\0').getBytes());
      }
      sha.update(Files.readAllBytes(file));
    }
    return sha.digest();
  }

  static void deleteTree(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  static void writeIfChanged(Path file, String text) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }
}
