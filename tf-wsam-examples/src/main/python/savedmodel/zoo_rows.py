"""Models of Keras on rows of features."""

from typing import Any, Dict

import numpy as np

from zoo_case import Case, Keras, classes, classifier, floats, stack


def mlp(keras: Keras) -> Case:
    """Two dense layers."""
    x, layers = floats(1, 4), keras.layers
    return classifier(keras, stack(keras, x, layers.Dense(8, activation="tanh"), layers.Dense(3)), x)


def sequential(keras: Keras) -> Case:
    """keras.Sequential, ending in probabilities, with one-hot labels."""
    x = floats(2, 6)
    model = keras.Sequential(
        [
            keras.Input((6,), name="x"),
            keras.layers.Dense(8, activation="elu"),
            keras.layers.Dense(8, activation="selu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    labels = {"y": np.eye(3, dtype=np.float32)[classes(x, 3)]}
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    return Case(model, {"x": x}, labels, loss, on_top="categorical_crossentropy", activation="softmax")


def regression(keras: Keras) -> Case:
    """Regression on standardized features; a name of the input that is not x."""
    features, layers = floats(11, 5) * 3 + 1, keras.layers
    normalization = layers.Normalization()
    normalization.adapt(features)
    first = keras.Input((5,), name="features")
    tensor = layers.Dense(8, activation="softplus")(normalization(first))
    model = keras.Model(first, layers.Dense(1)(tensor))
    target = (features[:, :1] * features[:, 1:2] / 10).astype(np.float32)
    return Case(model, {"features": features}, {"target": target}, keras.losses.MeanSquaredError(), on_top="mse")


def several(keras: Keras) -> Case:
    """Two inputs, two outputs, two labels."""
    layers, image, row = keras.layers, floats(12, 6, 6, 1), floats(13, 3)
    inputs = {"image": keras.Input((6, 6, 1), name="image"), "row": keras.Input((3,), name="row")}
    seen = layers.Flatten()(layers.Conv2D(3, 3, activation="relu")(inputs["image"]))
    tensor = layers.concatenate([seen, layers.Dense(4, activation="relu")(inputs["row"])])
    outputs = {"kind": layers.Dense(3, name="kind")(tensor), "size": layers.Dense(1, name="size")(tensor)}
    kind_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    size_loss = keras.losses.Huber()

    def loss(labels: Dict[str, Any], predictions: Dict[str, Any]) -> Any:
        kinds = kind_loss(labels["kind_label"], predictions["kind"])
        return kinds + 0.5 * size_loss(labels["size_label"], predictions["size"])

    labels = {"kind_label": classes(image, 3), "size_label": row.sum(axis=1, keepdims=True)}
    return Case(keras.Model(inputs, outputs), {"image": image, "row": row}, labels, loss)


def regularized(keras: Keras) -> Case:
    """Penalties on weights and on activations are part of the loss."""
    x, layers = floats(15, 5), keras.layers
    hidden = layers.Dense(6, activation="relu", kernel_regularizer="l2", activity_regularizer="l1")
    last = layers.Dense(3, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), bias_regularizer="l2")
    return classifier(keras, stack(keras, x, hidden, last), x)


def float64(keras: Keras) -> Case:
    """Everything in double precision."""
    x, layers = floats(21, 5).astype(np.float64), keras.layers
    model = stack(
        keras, x, layers.Dense(6, activation="tanh", dtype="float64"), layers.Dense(3, dtype="float64")
    )
    return classifier(keras, model, x)


def mixed_float16(keras: Keras) -> Case:
    """The policy mixed_float16: float32 variables, float16 arithmetic."""
    x, layers = floats(22, 5), keras.layers
    model = stack(
        keras,
        x,
        layers.Dense(6, activation="relu", dtype="mixed_float16"),
        layers.Dense(3, dtype="mixed_float16"),
        layers.Activation("linear", dtype="float32"),
    )
    return classifier(keras, model, x)
