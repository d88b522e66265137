package io.github.tfwsam.savedmodel;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.types.TFloat32;

class FunctionInlinerTest {
  private static final String FLOAT = "attr { key: 'T' value { type: DT_FLOAT } }";

  private static final String PLACEHOLDER =
      "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }";

  /** y = x * x, of any type. */
  private static final String SQUARE =
      "library { function { signature { name: 'square' input_arg { name: 'x' type_attr: 'T' }"
          + " output_arg { name: 'y' type_attr: 'T' } attr { name: 'T' type: 'type' } }"
          + " node_def { name: 'product' op: 'Mul' input: 'x' input: 'x'"
          + " attr { key: 'T' value { placeholder: 'T' } } }"
          + " ret { key: 'y' value: 'product:z:0' } } }";

  /** y = -x. */
  private static final String NEGATIVE =
      "library { function { signature { name: 'negative' input_arg { name: 'x' type: DT_FLOAT }"
          + " output_arg { name: 'y' type: DT_FLOAT } }"
          + " node_def { name: 'minus' op: 'Neg' input: 'x' "
          + FLOAT
          + " } ret { key: 'y' value: 'minus:y:0' } } }";

  private record Flat(NodeMap nodes, FunctionInliner.FlatMain main, OpDefs ops) {
    float run(String tensor, float x) {
      var graphDef = GraphDef.newBuilder();
      nodes.all().forEach(graphDef::addNode);
      try (var graph = new Graph()) {
        graph.importGraphDef(graphDef.build());
        try (var session = new Session(graph);
            TFloat32 fed = TFloat32.scalarOf(x);
            Result result = session.runner().feed("x", fed).fetch(main.tensor(tensor)).run()) {
          return ((TFloat32) result.get(0)).getFloat();
        }
      }
    }

    List<String> names() {
      return nodes.all().stream().map(NodeDef.Builder::getName).toList();
    }
  }

  private static Flat flatten(Map<String, String> scopes, String... parts) {
    try {
      GraphDef graph = TextFormat.parse(String.join("\n", parts), GraphDef.class);
      var ops = new OpDefs(MetaGraphDef.newBuilder().setGraphDef(graph).build());
      var nodes = new NodeMap();
      var main = new FunctionInliner(ops, nodes).flatten(graph.getNodeList(), scopes);
      return new Flat(nodes, main, ops);
    } catch (TextFormat.ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Flat flatten(String... parts) {
    return flatten(Map.of(), parts);
  }

  private static String call(String name, String function, String inputs, String attributes) {
    return "node { name: '"
        + name
        + "' op: 'StatefulPartitionedCall' "
        + inputs
        + " attr { key: 'f' value { func { name: '"
        + function
        + "' "
        + attributes
        + " } } } attr { key: 'Tin' value { list { type: DT_FLOAT } } }"
        + " attr { key: 'Tout' value { list { type: DT_FLOAT } } } }";
  }

  @Test
  void fillsInTheAttributesOfAFunction() {
    Flat flat = flatten(PLACEHOLDER, SQUARE, call("call", "square", "input: 'x'", FLOAT));
    assertThat(flat.run("call:0", 3)).isEqualTo(9f);
    assertThat(flat.names()).contains("call/product");
  }

  @Test
  void flattensCallsByTheFunctionsName() {
    Flat flat =
        flatten(PLACEHOLDER, SQUARE, "node { name: 'old' op: 'square' input: 'x' " + FLOAT + "}");
    assertThat(flat.run("old:0", 4)).isEqualTo(16f);
  }

  @Test
  void putsABodyInTheScopeThatIsAskedFor() {
    Flat flat =
        flatten(
            Map.of("call", "train"),
            PLACEHOLDER,
            SQUARE,
            call("call", "square", "input: 'x'", FLOAT));
    assertThat(flat.names()).contains("train/product");
  }

  @Test
  void takesTheBranchOfAConstantPredicate() {
    for (boolean condition : new boolean[] {true, false}) {
      Flat flat =
          flatten(
              PLACEHOLDER,
              NEGATIVE,
              SQUARE
                  .replace("attr { name: 'T' type: 'type' }", "")
                  .replace("type_attr: 'T'", "type: DT_FLOAT")
                  .replace("placeholder: 'T'", "type: DT_FLOAT"),
              "node { name: 'not' op: 'LogicalNot' input: 'c' }",
              "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_BOOL } }"
                  + " attr { key: 'value' value { tensor { dtype: DT_BOOL tensor_shape {}"
                  + " bool_val: "
                  + condition
                  + " } } } }",
              "node { name: 'if' op: 'StatelessIf' input: 'not' input: 'x'"
                  + " attr { key: 'then_branch' value { func { name: 'square' } } }"
                  + " attr { key: 'else_branch' value { func { name: 'negative' } } }"
                  + " attr { key: 'Tcond' value { type: DT_BOOL } }"
                  + " attr { key: 'Tin' value { list { type: DT_FLOAT } } }"
                  + " attr { key: 'Tout' value { list { type: DT_FLOAT } } } }");
      assertThat(flat.run("if:0", 3)).isEqualTo(condition ? -3f : 9f);
      assertThat(flat.nodes().all().stream().map(NodeDef.Builder::getOp).toList())
          .doesNotContain("StatelessIf");
    }
  }

  @Test
  void takesTheBranchOfAConstantIndex() {
    Flat flat =
        flatten(
            PLACEHOLDER,
            NEGATIVE,
            "node { name: 'i' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }"
                + " attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {}"
                + " int_val: 7 } } } }",
            "node { name: 'case' op: 'Case' input: 'i' input: 'x'"
                + " attr { key: 'branches' value { list { func { name: 'none' }"
                + " func { name: 'negative' } } } }"
                + " attr { key: 'Tin' value { list { type: DT_FLOAT } } }"
                + " attr { key: 'Tout' value { list { type: DT_FLOAT } } } }");
    assertThat(flat.run("case:0", 3)).isEqualTo(-3f);
  }

  /** The body writes a variable; the caller reads it before and after. */
  @Test
  void keepsTheOrderOfReadsAndWrites() {
    String handle =
        "node { name: 'v' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } }"
            + " attr { key: 'shape' value { shape {} } } }";
    String type = "attr { key: 'dtype' value { type: DT_FLOAT } }";
    String write =
        "library { function { signature { name: 'write' input_arg { name: 'v' type: DT_RESOURCE }"
            + " input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT }"
            + " control_output: 'written' is_stateful: true }"
            + " node_def { name: 'handle' op: 'Identity' input: 'v'"
            + " attr { key: 'T' value { type: DT_RESOURCE } } }"
            + " node_def { name: 'assign' op: 'AssignVariableOp' input: 'handle:output:0'"
            + " input: 'x' "
            + type
            + " } node_def { name: 'returned' op: 'Identity' input: 'x' input: '^assign' "
            + FLOAT
            + " } ret { key: 'y' value: 'returned:output:0' }"
            + " control_ret { key: 'written' value: 'assign' } } }";
    Flat flat =
        flatten(
            handle,
            PLACEHOLDER,
            write,
            "node { name: 'before' op: 'ReadVariableOp' input: 'v' " + type + " }",
            "node { name: 'call' op: 'StatefulPartitionedCall' input: 'v' input: 'x'"
                + " input: '^before' attr { key: 'f' value { func { name: 'write' } } }"
                + " attr { key: 'Tin' value { list { type: DT_RESOURCE type: DT_FLOAT } } }"
                + " attr { key: 'Tout' value { list { type: DT_FLOAT } } } }",
            "node { name: 'after' op: 'ReadVariableOp' input: 'v' input: '^call' " + type + " }");
    // What is returned does not wait for the write; what follows the call does.
    assertThat(flat.main().tensor("call:0")).isEqualTo("x:0");
    assertThat(ancestors(flat, "after")).contains("call/assign");
    assertThat(ancestors(flat, "call/assign")).contains("before");
    assertThat(flat.nodes().get("call/assign").getInput(0)).isEqualTo("v:0");
  }

  private static List<String> ancestors(Flat flat, String node) {
    Map<String, NodeDef.Builder> all = new HashMap<>();
    flat.nodes().all().forEach(each -> all.put(each.getName(), each));
    return new ArrayList<>(NodeMap.ancestors(List.of(node), all));
  }

  @Test
  void namesAttributesThatACallerLeavesOut() {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> flatten(PLACEHOLDER, SQUARE, call("call", "square", "input: 'x'", "")));
    assertThat(e).hasMessageThat().contains("does not say what its T is");
  }
}
