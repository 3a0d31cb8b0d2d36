package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndexTextTest {

  @Test
  void readsEveryKindOfItem() {
    assertEquals(
        List.of(Index.ellipsis(), Index.every(2), Index.newAxis(), Index.newAxis(), Index.at(-1)),
        IndexText.parse("..., ::2, None, newaxis, -1"));
  }

  @Test
  void readsEveryKindOfRange() {
    assertEquals(
        List.of(
            Index.all(),
            Index.all(),
            Index.from(1),
            Index.to(-1),
            Index.slice(1, -1),
            Index.slice(0, 9, 3),
            new Index.Slice(OptionalLong.of(-4), OptionalLong.empty(), 2),
            new Index.Slice(OptionalLong.empty(), OptionalLong.of(5), 2),
            Index.every(-1),
            Index.slice(5, 1, -2)),
        IndexText.parse(":,::,1:,:-1,1:-1,0:9:3,-4::2,:5:2,::-1,5:1:-2"));
  }

  @Test
  void readsListsOfPositions() {
    assertEquals(
        List.of(Index.of(0, 2), Index.all(), Index.of(-1), Index.of()),
        IndexText.parse("[0, 2], :, [ -1 ,], []"));
  }

  @Test
  void readsListsOfFlags() {
    assertEquals(
        List.of(Index.of(true, false), Index.all(), Index.of(false)),
        IndexText.parse("[True, False], :, [ false ,]"));
  }

  @Test
  void takesSpacesAnywhereBetweenAndOneCommaAtTheEnd() {
    assertEquals(IndexText.parse("1:-1,...,0"), IndexText.parse("  1 : -1 ,\t... , +0 , "));
  }

  @Test
  void remembersTexts() {
    assertSame(IndexText.parse("7, :"), IndexText.parse("7, :"));
    for (int i = 0; i < 1000; i++) {
      assertEquals(List.of(Index.at(i), Index.all()), IndexText.parse(i + ", :"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ":, x | 3 | 'x' is not expected; masks, and positions of more than one dimension, go into"
            + " index(Index.of(tensor))",
        "[[0, 2], 1] | 1 | '[' is not expected; masks, and positions of more than one dimension,"
            + " go into index(Index.of(tensor))",
        "0, [mask] | 4 | 'm' is not expected; masks, and positions of more than one dimension, go"
            + " into index(Index.of(tensor))",
        "[0, 2 | 5 | more is expected",
        "[0 2] | 3 | '2' is not expected",
        "[,] | 1 | ',' is not expected",
        "[0, 1:] | 5 | ':' is not expected",
        "0] | 1 | ']' is not expected",
        "1 2 | 2 | '2' is not expected",
        "1:2:3:4 | 5 | ':' is not expected",
        "0, , 1 | 3 | ',' is not expected",
        ".. | 2 | more is expected",
        ".... | 3 | '.' is not expected",
        "Nona | 3 | 'a' is not expected",
        "Nonesuch | 4 | 's' is not expected",
        "1:- | 3 | more is expected",
        "-:2 | 1 | ':' is not expected",
        "1.5 | 1 | '.' is not expected",
        "0, 4: : 0 | 8 | a step may not be 0",
        "99999999999999999999 | 0 | the number 99999999999999999999 is too large",
      })
  void namesThePositionOfWhatIsWrong(String text, int position, String what) {
    var refused = assertThrows(IllegalArgumentException.class, () -> IndexText.parse(text));
    assertEquals(
        "index: in '" + text + "', position " + position + ": " + what, refused.getMessage());
  }

  @Test
  void refusesAnEmptyText() {
    assertThrows(IllegalArgumentException.class, () -> IndexText.parse(" "));
  }
}
