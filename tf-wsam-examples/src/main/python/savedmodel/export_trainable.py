"""Exports a model so that it can be trained where there is no Python: as a SavedModel with a train endpoint.

    from export_trainable import export_trainable, import_weights

    export_trainable(
        model,
        "model",
        inputs={"x": tf.TensorSpec([None, 4], tf.float32)},
        labels={"y": tf.TensorSpec([None], tf.int32)},
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    ...                                  # ./wsam finetune --model model --data train.npz --out finetuned
    import_weights(model, "finetuned")   # the fine-tuned weights, back in the same model

The model is of Keras 3, of Keras 2 (tf_keras, or tf.keras before TensorFlow 2.16) or a tf.Module, and has been
built or called. TensorFlow is all that is imported here.
"""

import inspect
import os
from typing import Any, Callable, Dict, List, Mapping, Union

import tensorflow as tf

Specs = Mapping[str, tf.TensorSpec]
Tensors = Dict[str, tf.Tensor]


def export_trainable(
    model: Any,
    directory: Union[str, os.PathLike],
    inputs: Specs,
    labels: Specs,
    loss: Callable[[Any, Any], tf.Tensor],
) -> None:
    """Writes a SavedModel with three signatures, their arguments named as in `inputs` and `labels`.

    train            inputs and labels -> "loss" and the outputs, with training=True: dropout is on, the averages
                     of batch norm are updated
    evaluate         the same with training=False, which changes nothing
    serving_default  inputs -> the outputs, with training=False

    Outputs are called "predictions", or by their key where the model returns a dictionary, or "output_0",
    "output_1", .. where it returns a list.

    Args:
        model: it is called with the input or, where there are several, with a dictionary of them; and with
            `training`, where it takes that.
        directory: the folder to write.
        inputs: shape and type of each input, the first axis None: the batch.
        labels: shape and type of each label.
        loss: called with the label (or a dictionary of them, where there are several) and what the model
            returns. Losses of more than one number are averaged. Penalties of the layers of a Keras model are added.

    Raises:
        ValueError: if an input and a label have the same name, or Keras does not run on TensorFlow.
    """
    if shared := inputs.keys() & labels.keys():
        raise ValueError(f"{sorted(shared)} name both an input and a label: rename one.")
    if _is_keras(model) and not all(map(_is_variable, model.variables)):
        raise ValueError("The model's variables are not TensorFlow's: set KERAS_BACKEND=tensorflow and build it again.")

    def predict(tensors: Tensors, training: bool) -> Any:
        return _call(model, _one_or_all(tensors, inputs), training)

    def score(tensors: Tensors, training: bool) -> Tensors:
        predictions = predict(tensors, training)
        value = _mean(loss(_one_or_all(tensors, labels), predictions))
        for penalty in model.losses if _is_keras(model) else ():
            value += tf.cast(penalty, value.dtype)
        return {**_named(predictions), "loss": value}

    signatures = {
        "train": _trace(lambda tensors: score(tensors, training=True), {**inputs, **labels}),
        "evaluate": _trace(lambda tensors: score(tensors, training=False), {**inputs, **labels}),
        "serving_default": _trace(lambda tensors: _named(predict(tensors, training=False)), inputs),
    }
    if _is_keras_2(model):
        model.save(directory, save_format="tf", include_optimizer=False, signatures=signatures)
    else:
        tf.saved_model.save(_root(model), os.fspath(directory), signatures=signatures)


def import_weights(model: Any, directory: Union[str, os.PathLike]) -> None:
    """Gives a model the weights of a SavedModel that `export_trainable` wrote of the same architecture."""
    checkpoint = tf.train.Checkpoint(model if _is_keras_2(model) else _root(model))
    status = checkpoint.read(os.path.join(directory, "variables", "variables"))
    status.assert_existing_objects_matched().expect_partial()


def _trace(function: Callable[[Tensors], Tensors], specs: Specs) -> Any:
    """The function of a dictionary as a concrete function of arguments by name."""
    named = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in specs.items()}
    return tf.function(lambda **tensors: function(tensors), autograph=False).get_concrete_function(**named)


def _call(model: Any, features: Any, training: bool) -> Any:
    """What a model makes of its inputs."""
    takes_training = _is_keras(model) or "training" in inspect.signature(model.__call__).parameters
    return model(features, training=training) if takes_training else model(features)


def _one_or_all(tensors: Tensors, names: Specs) -> Any:
    """The tensor of the only name, or a dictionary of all."""
    chosen = {name: tensors[name] for name in names}
    return next(iter(chosen.values())) if len(chosen) == 1 else chosen


def _named(predictions: Any) -> Tensors:
    """The outputs of a model by name."""
    if isinstance(predictions, Mapping):
        return dict(predictions)
    if isinstance(predictions, (list, tuple)):
        return {f"output_{i}": output for i, output in enumerate(predictions)}
    return {"predictions": predictions}


def _mean(losses: tf.Tensor) -> tf.Tensor:
    """The mean, at least in float32: in half precision a sum overflows early."""
    value = tf.convert_to_tensor(losses)
    return tf.reduce_mean(value if value.dtype == tf.float64 else tf.cast(value, tf.float32))


def _is_keras_2(model: Any) -> bool:
    """Whether a model is one of Keras 2, which writes SavedModels that it loads as Keras models."""
    return any(base.__module__.endswith("engine.training") for base in type(model).__mro__)


def _is_keras(model: Any) -> bool:
    """Whether a model is one of Keras; those of Keras 3 are no tf.Modules."""
    return not isinstance(model, tf.Module) or _is_keras_2(model)


def _root(model: Any) -> Any:
    """What to save of a model that is not of Keras 2.

    A tf.Module is saved itself. A variable of Keras 3 would be written twice, once as Keras sees it and once as
    the signatures read it: of a model of Keras 3, and of a tf.Module that holds one, only the latter is saved.
    """
    if isinstance(model, tf.Module):
        variables = [each for each in tf.train.TrackableView(model).descendants() if _is_variable(each)]
        if all(isinstance(variable, tf.Variable) for variable in variables):
            return model
    else:
        variables = model.variables
    trainable = [variable for variable in variables if variable.trainable]
    return _Variables(_values(variables), _values(trainable))


class _Variables(tf.Module):
    """The variables of a model by the names that Keras gives the two lists in its own SavedModels."""

    variables: List[tf.Variable] = []
    trainable_variables: List[tf.Variable] = []

    def __init__(self, variables: List[tf.Variable], trainable_variables: List[tf.Variable]) -> None:
        super().__init__()
        self.variables = variables
        self.trainable_variables = trainable_variables


def _is_variable(trackable: Any) -> bool:
    """Whether something is a variable, of TensorFlow or of Keras 3."""
    return isinstance(trackable, tf.Variable) or hasattr(trackable, "handle")


def _values(variables: List[Any]) -> List[tf.Variable]:
    """TensorFlow's variables, which those of Keras 3 wrap."""
    return [variable if isinstance(variable, tf.Variable) else variable.value for variable in variables]
