package io.github.tfwsam.examples.finetune;

import io.github.tfwsam.examples.data.InputSpec;
import io.github.tfwsam.savedmodel.Signature;
import io.github.tfwsam.savedmodel.TrainableSavedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What of the model is trained by: a signature, and the loss that it has or that is put on top. */
final class LossOptions {
  private static final Logger LOGGER = Logger.getLogger(LossOptions.class.getName());
  private static final String EVALUATE = "evaluate";

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description =
          "The signature to train by; else train where the model has it, else how the model was saved"
              + " for training, else serving_default.")
  private String signature;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "loss",
      description =
          "The output of the signature that is the loss; or, with --logits and --labels, one of"
              + " sparse_categorical_crossentropy, categorical_crossentropy, binary_crossentropy, mse.")
  private String loss;

  @Option(
      names = "--logits",
      paramLabel = "OUTPUT",
      description =
          "The output to compute the loss on: logits. Of an output that is a softmax (a sigmoid for"
              + " binary_crossentropy) what goes into it is taken.")
  private String logits;

  @Option(
      names = "--labels",
      paramLabel = "KEY",
      description = "What the labels are called in the data.")
  private String labels;

  /** Options for the command line to fill in. */
  LossOptions() {}

  /** Refuses what is bad usage whatever the model is. */
  void check(CommandSpec spec) {
    if ((logits == null) != (labels == null)) {
      throw new ParameterException(
          spec.commandLine(), "--logits and --labels go together: give both, or none");
    }
  }

  /** What to minimize. */
  Objective training(TrainableSavedModel model) {
    Signature chosen = signature(model);
    if (logits == null) {
      return objective(chosen, scalar(chosen, output(chosen, chosen.outputs(), loss)));
    }
    Output<?> output = output(chosen, chosen.outputs(), logits);
    warnIfActivated(chosen);
    Objective onTop = onTop(model, chosen);
    // The values' loss has no side effects: it waits for the output that has them.
    Operand<? extends TNumber> withSideEffects =
        after(Ops.create(model.graph()), output, onTop.loss());
    return new Objective(withSideEffects, onTop.placeholders(), onTop.inputs());
  }

  private static <T extends TNumber> Operand<T> after(Ops tf, Output<?> output, Operand<T> onTop) {
    return tf.withControlDependencies(output).identity(onTop);
  }

  /** The same loss, to be measured: of the endpoint for that, if there is one for these data. */
  Objective validation(TrainableSavedModel model) {
    Signature training = signature(model);
    Signature evaluate = model.signatures().get(EVALUATE);
    boolean isForTheseData =
        evaluate != null
            && evaluate.inputs().keySet().equals(training.inputs().keySet())
            && evaluate.outputs().containsKey(logits == null ? loss : logits);
    Signature chosen = isForTheseData ? evaluate : training;
    return logits == null
        ? objective(chosen, scalar(chosen, output(chosen, chosen.values(), loss)))
        : onTop(model, chosen);
  }

  private Signature signature(TrainableSavedModel model) {
    if (signature == null) {
      return model.training();
    }
    Signature chosen = model.signatures().get(signature);
    if (chosen == null) {
      throw new IllegalArgumentException(
          "--signature "
              + signature
              + ": the model has no such signature; take one of "
              + quoted(model.signatures().keySet()));
    }
    return chosen;
  }

  private Output<?> output(Signature chosen, Map<String, Output<?>> outputs, String name) {
    Output<?> output = outputs.get(name);
    if (output == null) {
      throw new IllegalArgumentException(
          String.format(
              "%s %s: the signature '%s' has no such output; take one of %s%s",
              logits == null ? "--loss" : "--logits",
              name,
              chosen.name(),
              quoted(outputs.keySet()),
              logits == null ? ", or give --logits and --labels" : ""));
    }
    return output;
  }

  private static String quoted(Collection<String> names) {
    return names.stream().sorted().collect(Collectors.joining("', '", "'", "'"));
  }

  @SuppressWarnings("unchecked") // Of these types.
  private Operand<? extends TNumber> scalar(Signature chosen, Output<?> output) {
    boolean isFloating = LossFunction.FLOATS.contains(output.dataType());
    boolean isScalar = output.shape().isUnknown() || output.shape().numDimensions() == 0;
    if (!isFloating || !isScalar) {
      throw new IllegalArgumentException(
          String.format(
              "--loss %s: this output of the signature '%s' is no loss: it is %s of shape %s, not one"
                  + " floating-point number; take another, or give --logits and --labels",
              loss, chosen.name(), output.dataType(), output.shape()));
    }
    return (Operand<? extends TNumber>) output;
  }

  private static Objective objective(Signature chosen, Operand<? extends TNumber> loss) {
    List<InputSpec> inputs = new ArrayList<>();
    chosen.inputs().forEach((name, input) -> inputs.add(InputSpec.of(name, input)));
    return new Objective(loss, chosen.inputs(), inputs);
  }

  private void warnIfActivated(Signature chosen) {
    if (function().beforeActivation(output(chosen, chosen.values(), logits)).isPresent()) {
      LOGGER.warning(
          "--logits "
              + logits
              + ": is the result of a softmax or sigmoid; what goes into that is taken");
    }
  }

  private Objective onTop(TrainableSavedModel model, Signature chosen) {
    LossFunction function = function();
    Output<?> output = output(chosen, chosen.values(), logits);
    function
        .refusal(output)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  String.format(
                      "--logits %s: this output %s, which %s cannot do with; take another output or"
                          + " loss",
                      logits, reason, function));
            });
    Output<?> before = function.beforeActivation(output).orElse(null);
    return onTop(
        Ops.create(model.graph()).withSubScope("loss"),
        chosen,
        before == null ? output : before,
        function);
  }

  private LossFunction function() {
    return LossFunction.of(loss)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--loss "
                        + loss
                        + ": no such loss can be computed from --logits; take one of "
                        + quoted(
                            Arrays.stream(LossFunction.values())
                                .map(LossFunction::toString)
                                .toList())));
  }

  private Objective onTop(Ops tf, Signature chosen, Output<?> chosenLogits, LossFunction function) {
    Map<String, Output<?>> placeholders = new LinkedHashMap<>(chosen.inputs());
    List<InputSpec> inputs = new ArrayList<>();
    InputSpec wanted = function.labels(labels, chosenLogits);
    chosen
        .inputs()
        .forEach(
            (name, input) -> {
              InputSpec spec = InputSpec.of(name, input);
              boolean isLabels = name.equals(labels) && wanted.range().isPresent();
              inputs.add(isLabels ? spec.within(wanted.range().get()) : spec);
            });
    if (!placeholders.containsKey(labels)) {
      placeholders.put(labels, placeholder(tf, wanted).asOutput());
      inputs.add(wanted);
    }
    Operand<? extends TNumber> value = function.of(tf, chosenLogits, placeholders.get(labels));
    return new Objective(value, placeholders, inputs);
  }

  private static Operand<? extends TType> placeholder(Ops tf, InputSpec input) {
    return tf.withName("labels").placeholder(input.javaType(), Placeholder.shape(input.shape()));
  }

  /** What must be the same where a run is resumed. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--signature", text(signature));
    settings.put("--loss", loss);
    settings.put("--logits", text(logits));
    settings.put("--labels", text(labels));
    return settings;
  }

  private static String text(String option) {
    return option == null ? "not given" : option;
  }
}
