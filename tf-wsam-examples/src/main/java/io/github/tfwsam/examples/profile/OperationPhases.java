package io.github.tfwsam.examples.profile;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Tells the phase of a step's operations.
 *
 * <p>Three phases have a name scope of their own: both gradients and the second pass. The phase of
 * any other operation follows from which of these come before it in the graph, and which after: the
 * forward pass is what the first gradients need, the perturbation is between first gradients and
 * second pass, the update is what comes of the gradients and what else only that needs.
 *
 * <p>What runs is the graph that Grappler has made of it. Most operations keep their names; new
 * ones are named after an operation that they stand for.
 */
final class OperationPhases {
  /** Optimizers of tensorflow-framework alone have their gradients in {@code gradients}. */
  private static final Pattern SCOPE =
      Pattern.compile(
          "(?:^|/)WSAM(?:_\\d+)?/(gradients|first_gradients|second_pass|second_gradients)(?:_\\d+)?/"
              + "|^(gradients)(?:_\\d+)?/");

  private static final Map<String, Phase> BY_SCOPE =
      Map.of(
          "gradients", Phase.FIRST_GRADIENTS,
          "first_gradients", Phase.FIRST_GRADIENTS,
          "second_pass", Phase.SECOND_PASS,
          "second_gradients", Phase.SECOND_GRADIENTS);

  /** What Grappler puts into names: {@code a/ArithmeticOptimizer/AddOpsRewrite_b} for a/b. */
  private static final Pattern GRAPPLER =
      Pattern.compile("(?<=^|/)(\\w*Optimizer|ConstantFolding|ConstantFoldingCtrl)/");

  private final Map<String, Phase> phases = new HashMap<>();

  /**
   * The phases of a graph's operations.
   *
   * @param graph the graph as it was built
   */
  OperationPhases(GraphDef graph) {
    Map<String, List<String>> inputs = new HashMap<>();
    Map<String, List<String>> consumers = new HashMap<>();
    Map<Phase, List<String>> scopes = new EnumMap<>(Phase.class);
    BY_SCOPE.values().forEach(phase -> scopes.put(phase, new ArrayList<>()));
    for (NodeDef node : graph.getNodeList()) {
      List<String> names = node.getInputList().stream().map(OperationPhases::operation).toList();
      inputs.put(node.getName(), names);
      names.forEach(
          name -> consumers.computeIfAbsent(name, n -> new ArrayList<>()).add(node.getName()));
      ofScope(node.getName()).ifPresent(phase -> scopes.get(phase).add(node.getName()));
    }
    Map<Phase, Set<String>> before = new EnumMap<>(Phase.class);
    Map<Phase, Set<String>> after = new EnumMap<>(Phase.class);
    scopes.forEach(
        (phase, names) -> {
          before.put(phase, reached(inputs, names));
          after.put(phase, reached(consumers, names));
        });
    for (String name : inputs.keySet()) {
      phases.put(name, ofScope(name).orElseGet(() -> between(name, before, after)));
    }
    List<String> updates =
        inputs.keySet().stream().filter(name -> phases.get(name) == Phase.UPDATE).toList();
    for (String name : reached(inputs, updates)) {
      phases.replace(name, Phase.OTHER, Phase.UPDATE);
    }
  }

  private static Phase between(
      String name, Map<Phase, Set<String>> before, Map<Phase, Set<String>> after) {
    if (after.get(Phase.SECOND_GRADIENTS).contains(name)) {
      return before.get(Phase.SECOND_GRADIENTS).contains(name)
          ? Phase.SECOND_GRADIENTS
          : Phase.UPDATE;
    }
    if (after.get(Phase.SECOND_PASS).contains(name)) {
      return Phase.SECOND_PASS;
    }
    if (before.get(Phase.FIRST_GRADIENTS).contains(name)) {
      return after.get(Phase.FIRST_GRADIENTS).contains(name)
          ? Phase.FIRST_GRADIENTS
          : Phase.FORWARD;
    }
    if (before.get(Phase.SECOND_PASS).contains(name)) {
      return Phase.PERTURBATION;
    }
    if (before.get(Phase.SECOND_GRADIENTS).contains(name)) {
      return Phase.SECOND_GRADIENTS;
    }
    return after.get(Phase.FIRST_GRADIENTS).contains(name) ? Phase.UPDATE : Phase.OTHER;
  }

  /** All that some operations lead to, themselves left out unless they lead to one another. */
  private static Set<String> reached(Map<String, List<String>> edges, Collection<String> from) {
    Set<String> reached = new HashSet<>();
    var next = new ArrayDeque<>(from);
    while (!next.isEmpty()) {
      for (String name : edges.getOrDefault(next.remove(), List.of())) {
        if (reached.add(name)) {
          next.add(name);
        }
      }
    }
    return reached;
  }

  /**
   * The operation that an input comes from.
   *
   * @param input as a GraphDef names it: {@code name}, {@code name:1} or, a control input, {@code
   *     ^name}
   */
  static String operation(String input) {
    int colon = input.indexOf(':');
    return input.substring(input.startsWith("^") ? 1 : 0, colon < 0 ? input.length() : colon);
  }

  /**
   * The phase of an operation that ran.
   *
   * @param name its name, in the graph as built or in what Grappler has made of it
   * @return the phase; empty where the name does not tell
   */
  Optional<Phase> of(String name) {
    if (name.startsWith("_")) { // Made by TensorFlow: _SOURCE, _arg_x_0, _retval_y_0.
      return Optional.of(Phase.OTHER);
    }
    Optional<Phase> phase = ofScope(name).or(() -> Optional.ofNullable(phases.get(name)));
    return phase.isPresent() ? phase : ofOriginal(GRAPPLER.matcher(name).replaceAll(""));
  }

  private static Optional<Phase> ofScope(String name) {
    Matcher scope = SCOPE.matcher(name);
    return scope.find()
        ? Optional.of(BY_SCOPE.get(scope.group(scope.group(1) != null ? 1 : 2)))
        : Optional.empty();
  }

  /** The phase of the operation whose name is the longest part of the last part of this name. */
  private Optional<Phase> ofOriginal(String name) {
    int leaf = name.lastIndexOf('/') + 1;
    for (int length = name.length() - leaf; length > 0; length--) {
      for (int start = leaf; start + length <= name.length(); start++) {
        if (isWhole(name, leaf, start, start + length)) {
          Phase phase = phases.get(name.substring(0, leaf) + name.substring(start, start + length));
          if (phase != null) {
            return Optional.of(phase);
          }
        }
      }
    }
    return leaf == 0 ? Optional.empty() : ofOriginal(name.substring(0, leaf - 1));
  }

  private static boolean isWhole(String name, int leaf, int start, int end) {
    return (start == leaf || isSeparator(name.charAt(start - 1)))
        && (end == name.length() || isSeparator(name.charAt(end)));
  }

  private static boolean isSeparator(char c) {
    return c == '_' || c == '-' || c == ':';
  }
}
