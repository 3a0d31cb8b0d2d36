package dev.chagres.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes where there is no Maven, for {@code benchmarks/gpu/check}: it reads their
 * names, a line each, and answers with two lines for each test and one at the end of the class;
 * fields with tabs between. {@code Class#method[2]} is the third run alone of a test with
 * parameters.
 *
 * <ul>
 *   <li>{@code begun}, the test
 *   <li>{@code passed}, the test
 *   <li>{@code failed}, the test, why
 *   <li>{@code skipped}, the test, why
 *   <li>{@code end}
 * </ul>
 *
 * Its arguments are the tags that are run and those that are not, as JUnit's expressions.
 */
public final class TestWorker {
  private static final int MOST_FRAMES = 12;
  private static final Pattern PART = Pattern.compile("([\\w.$]+)#(\\w+)\\[(\\d+)]");

  private TestWorker() {}

  /** Serves until there are no more names. */
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    // What a test prints is no answer.
    System.setOut(System.err);
    Launcher launcher = LauncherFactory.create();
    var names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      launcher.execute(request(name, args[0], args[1]), new Teller(answers));
      answers.println("end");
      answers.flush();
    }
  }

  private static LauncherDiscoveryRequest request(String name, String tags, String without) {
    var builder = LauncherDiscoveryRequestBuilder.request();
    builder.selectors(selector(name));
    if (!tags.isEmpty()) {
      builder.filters(TagFilter.includeTags(tags));
    }
    if (!without.isEmpty()) {
      builder.filters(TagFilter.excludeTags(without));
    }
    return builder.build();
  }

  private static DiscoverySelector selector(String name) {
    Matcher part = PART.matcher(name);
    if (!part.matches()) {
      return DiscoverySelectors.selectClass(name);
    }
    try {
      Method method =
          Stream.of(Class.forName(part.group(1)).getDeclaredMethods())
              .filter(each -> each.getName().equals(part.group(2)))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("no such test: " + name));
      return DiscoverySelectors.selectIteration(
          DiscoverySelectors.selectMethod(method.getDeclaringClass(), method),
          Integer.parseInt(part.group(3)));
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("no such test: " + name, e);
    }
  }

  private static final class Teller implements TestExecutionListener {
    private final PrintStream answers;

    private Teller(PrintStream answers) {
      this.answers = answers;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
      if (test.isTest()) {
        tell("begun", test, "");
      }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      tell("skipped", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      switch (result.getStatus()) {
        case SUCCESSFUL -> {
          if (test.isTest()) {
            tell("passed", test, "");
          }
        }
        case ABORTED -> {
          String why = result.getThrowable().map(Throwable::getMessage).orElse("");
          tell("skipped", test, String.valueOf(why));
        }
        case FAILED -> tell("failed", test, result.getThrowable().map(TestWorker::text).orElse(""));
      }
    }

    private void tell(String what, TestIdentifier test, String text) {
      String name =
          test.getSource().map(source -> name(source, test)).orElse(test.getDisplayName());
      answers.println(what + "\t" + escaped(name) + "\t" + escaped(text));
    }

    private static String name(TestSource source, TestIdentifier test) {
      if (source instanceof MethodSource method) {
        String shown = test.getDisplayName();
        String plain = method.getMethodName();
        return shown.startsWith(plain) ? plain : plain + ": " + shown;
      }
      return test.getDisplayName();
    }
  }

  private static String text(Throwable failure) {
    var text = new StringBuilder();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      text.append(each == failure ? "" : "caused by ").append(each).append('\n');
      text.append(
          Arrays.stream(each.getStackTrace())
              .map(StackTraceElement::toString)
              .filter(frame -> frame.contains("chagres"))
              .limit(MOST_FRAMES)
              .map(frame -> "    at " + frame + "\n")
              .collect(Collectors.joining()));
    }
    return text.toString();
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "");
  }
}
