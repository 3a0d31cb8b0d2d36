package dev.chagres.io;

import dev.chagres.core.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header of an npy file: a Python dictionary with exactly three keys, read by a parser that
 * knows nothing else of Python.
 */
@SuppressWarnings("ArrayRecordComponent") // made by the parser for one reader, never compared
record NpyHeader(DType dtype, ByteOrder order, boolean fortran, long[] shape, long dataStart) {
  private static final String MAGIC = "\u0093NUMPY";

  /** numpy's own limit for headers that are not trusted. */
  private static final int LONGEST = 10_000;

  /** Reads a header; the channel then stands at the first element. */
  static NpyHeader read(ReadableByteChannel channel, String file) throws IOException {
    ByteBuffer start = bytes(channel, 8, file);
    if (!StandardCharsets.ISO_8859_1.decode(start.duplicate().limit(6)).toString().equals(MAGIC)) {
      throw bad(file, "it begins with " + words(start) + ", not with 0x93 NUMPY");
    }
    int version = start.get(6);
    if (version < 1 || version > 3 || start.get(7) != 0) {
      throw bad(file, "version " + version + "." + start.get(7) + " is not known here");
    }
    int width = version == 1 ? 2 : 4;
    ByteBuffer size = bytes(channel, width, file);
    long length = width == 2 ? size.getShort(0) & 0xffff : size.getInt(0) & 0xffffffffL;
    if (length > LONGEST) {
      throw bad(file, "a header of " + length + " bytes is too long");
    }
    ByteBuffer text = bytes(channel, (int) length, file);
    Charset charset = version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
    try {
      return new Parser(file, charset.newDecoder().decode(text).toString())
          .header(8 + width + length);
    } catch (CharacterCodingException e) {
      throw new FormatException("npy: " + file + ": the header is not UTF-8", e);
    }
  }

  /** The first bytes, as hexadecimal numbers and, where they are letters, as text. */
  private static String words(ByteBuffer start) {
    byte[] found = new byte[6];
    start.get(0, found);
    String text = new String(found, StandardCharsets.ISO_8859_1);
    String bytes = "the bytes " + HexFormat.ofDelimiter(" ").formatHex(found);
    if (text.startsWith("PK")) {
      return bytes + " of a zip archive, as numpy.savez writes, which Npz.load reads";
    }
    boolean readable = text.chars().allMatch(c -> c >= ' ' && c <= '~');
    return readable ? bytes + ", '" + text + "'" : bytes;
  }

  private static ByteBuffer bytes(ReadableByteChannel channel, int count, String file)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw bad(file, "it ends inside the header");
      }
    }
    return buffer.flip();
  }

  private static FormatException bad(String file, String what) {
    return new FormatException("npy: " + file + ": " + what);
  }

  /** Reads {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }}. */
  private static final class Parser {
    private final String file;
    private final String text;
    private int at;

    Parser(String file, String text) {
      this.file = file;
      this.text = text;
    }

    NpyHeader header(long dataStart) throws FormatException {
      String descr = null;
      Boolean fortran = null;
      long[] shape = null;
      expect('{');
      while (peek() != '}') {
        String key = string();
        expect(':');
        switch (key) {
          case "descr" -> descr = once(key, descr, type());
          case "fortran_order" -> fortran = once(key, fortran, bool());
          case "shape" -> shape = once(key, shape, tuple());
          default -> throw wrong("the key '" + key + "' is not known");
        }
        if (peek() != '}') {
          expect(',');
        }
      }
      expect('}');
      if (peek() != 0) {
        throw wrong("something follows the dictionary");
      }
      if (descr == null || fortran == null || shape == null) {
        throw wrong("'descr', 'fortran_order' or 'shape' is missing");
      }
      if (descr.length() != 3 || "<>|=".indexOf(descr.charAt(0)) < 0) {
        throw unknown(descr);
      }
      DType dtype = dtype(descr);
      ByteOrder order =
          switch (descr.charAt(0)) {
            case '<' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            default -> ByteOrder.nativeOrder();
          };
      if (descr.charAt(0) == '|' && dtype.size() > 1) {
        throw wrong("the element type '" + descr + "' has no byte order");
      }
      return new NpyHeader(dtype, order, fortran, shape, dataStart);
    }

    private DType dtype(String descr) throws FormatException {
      return switch (descr.substring(1)) {
        case "b1" -> DType.BOOL;
        case "u1" -> DType.UINT8;
        case "i1" -> DType.INT8;
        case "i2" -> DType.INT16;
        case "i4" -> DType.INT32;
        case "i8" -> DType.INT64;
        case "f2" -> DType.FLOAT16;
        case "f4" -> DType.FLOAT32;
        case "f8" -> DType.FLOAT64;
        default -> throw unknown(descr);
      };
    }

    private FormatException unknown(String descr) {
      String type =
          descr.isEmpty() ? "" : descr.substring("<>|=".indexOf(descr.charAt(0)) < 0 ? 0 : 1);
      return bad(
          file,
          "there is no dtype for elements of type '"
              + descr
              + "'"
              + numpys(type)
              + "; those of bool, uint8, int8, int16, int32, int64, float16, float32 and float64"
              + " are read: convert the array in numpy, as with astype('float32')");
    }

    /** What numpy calls a type. */
    private static String numpys(String type) {
      if (type.isEmpty()) {
        return "";
      }
      String size = type.substring(1);
      boolean counts = size.matches("[0-9]{1,3}");
      return switch (type.charAt(0)) {
        case 'u' -> counts ? " (uint" + 8 * Integer.parseInt(size) + ")" : "";
        case 'c' -> counts ? " (complex" + 8 * Integer.parseInt(size) + ")" : "";
        case 'f' -> counts ? " (float" + 8 * Integer.parseInt(size) + ")" : "";
        case 'O' -> " (objects)";
        case 'U', 'S' -> " (text)";
        case 'M', 'm' -> " (dates and times)";
        case 'V' -> " (raw bytes)";
        default -> "";
      };
    }

    private <T> T once(String key, @Nullable T before, T value) throws FormatException {
      if (before != null) {
        throw wrong("the key '" + key + "' is there twice");
      }
      return value;
    }

    private FormatException wrong(String what) {
      return bad(file, "the header is wrong: " + what);
    }

    /** The next character that is not space; 0 at the end. */
    private char peek() {
      while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char wanted) throws FormatException {
      if (peek() != wanted) {
        throw wrong("'" + wanted + "' is missing at " + at);
      }
      at++;
    }

    private String string() throws FormatException {
      char quote = peek();
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw wrong("a text is missing at " + at);
      }
      String value = text.substring(at + 1, end);
      at = end + 1;
      return value;
    }

    private String type() throws FormatException {
      if (peek() == '[') {
        throw bad(file, "its elements are records of several fields; save the fields one by one");
      }
      return string();
    }

    private boolean bool() throws FormatException {
      peek();
      for (String word : List.of("True", "False")) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw wrong("True or False is missing at " + at);
    }

    private long[] tuple() throws FormatException {
      List<Long> numbers = new ArrayList<>();
      boolean comma = false;
      expect('(');
      while (peek() != ')') {
        numbers.add(integer());
        comma = peek() == ',';
        if (comma) {
          at++;
        } else if (peek() != ')') {
          throw wrong("',' is missing at " + at);
        }
      }
      expect(')');
      if (numbers.size() == 1 && !comma) {
        throw wrong("(" + numbers.getFirst() + ") is a number, not a shape");
      }
      return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private long integer() throws FormatException {
      peek();
      int end = at;
      while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
        end++;
      }
      if (end == at || end - at > 18) {
        throw wrong("a size is missing at " + at);
      }
      long value = Long.parseLong(text.substring(at, end));
      at = end;
      if (at < text.length() && text.charAt(at) == 'L') {
        at++;
      }
      return value;
    }
  }
}
