"""Models of Keras on images, and on volumes."""

from typing import Any

import numpy as np

from zoo_case import Case, Keras, classes, classifier, floats, stack


def _convolutions(keras: Keras, x: np.ndarray, rate: float) -> Any:
    layers = keras.layers
    return stack(
        keras,
        x,
        layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(6, 3),
        layers.BatchNormalization(momentum=0.9, scale=False),
        layers.LeakyReLU(),
        *([layers.Dropout(rate)] if rate else []),
        layers.Flatten(),
        layers.Dense(3),
    )


def cnn(keras: Keras) -> Case:
    """Convolutions with batch norm."""
    x = floats(3, 8, 8, 3)
    return classifier(keras, _convolutions(keras, x, 0), x)


def cnn_dropout(keras: Keras) -> Case:
    """Convolutions with batch norm and dropout."""
    x = floats(3, 8, 8, 3)
    return classifier(keras, _convolutions(keras, x, 0.3), x, deterministic=False)


def _tiny(keras: Keras, x: np.ndarray, rate: float) -> Any:
    layers = keras.layers
    return stack(
        keras,
        x,
        layers.Conv2D(2, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Flatten(),
        *([layers.Dropout(rate)] if rate else []),
        layers.Dense(3),
    )


def tiny(keras: Keras) -> Case:
    """The least network with batch norm."""
    x = floats(24, 4, 4, 1)
    return classifier(keras, _tiny(keras, x, 0), x)


def tiny_dropout(keras: Keras) -> Case:
    """The least network with batch norm and dropout."""
    x = floats(24, 4, 4, 1)
    return classifier(keras, _tiny(keras, x, 0.3), x, deterministic=False)


def depthwise(keras: Keras) -> Case:
    """A MobileNet of two depthwise blocks."""
    x, layers = floats(4, 8, 8, 3), keras.layers

    def block(filters: int, stride: int) -> list:
        return [
            layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(filters, 1, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
        ]

    stem = [layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Conv2D(4, 3, strides=2, use_bias=False)]
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3)]
    return classifier(keras, stack(keras, x, *stem, *block(6, 1), *block(8, 2), *head), x)


def resnet(keras: Keras) -> Case:
    """A residual network of three stages of one block."""
    x, layers = floats(5, 8, 8, 3), keras.layers

    def convolution(tensor: Any, filters: int, size: int, stride: int) -> Any:
        tensor = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(tensor)
        return layers.BatchNormalization()(tensor)

    first = keras.Input(x.shape[1:], name="x")
    tensor = layers.ReLU()(convolution(first, 4, 3, 1))
    for filters, stride in ((4, 1), (8, 2), (16, 2)):
        inner = layers.ReLU()(convolution(tensor, filters, 3, stride))
        shortcut = tensor if stride == 1 else convolution(tensor, filters, 1, stride)
        tensor = layers.ReLU()(layers.add([shortcut, convolution(inner, filters, 3, 1)]))
    logits = layers.Dense(3)(layers.GlobalAveragePooling2D()(tensor))
    return classifier(keras, keras.Model(first, logits), x)


def frozen(keras: Keras) -> Case:
    """A backbone that is not to be trained under a head that is."""
    x, layers = floats(14, 8, 8, 3), keras.layers
    backbone = stack(
        keras, x, layers.Conv2D(4, 3, name="stem"), layers.BatchNormalization(), layers.ReLU(), layers.Flatten()
    )
    backbone.trainable = False
    first = keras.Input(x.shape[1:], name="x")
    model = keras.Model(first, layers.Dense(3, name="head")(backbone(first)))
    return classifier(keras, model, x)


def normalizations(keras: Keras) -> Case:
    """Group normalization, layer normalization and unit normalization; PReLU."""
    x, layers = floats(16, 6, 6, 2), keras.layers
    model = stack(
        keras,
        x,
        layers.Conv2D(4, 3),
        layers.GroupNormalization(groups=2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.AveragePooling2D(2),
        layers.LayerNormalization(),
        layers.Flatten(),
        layers.UnitNormalization(),
        layers.Dense(3),
    )
    return classifier(keras, model, x)


def conv3d(keras: Keras) -> Case:
    """Convolutions of volumes."""
    x, layers = floats(18, 4, 6, 6, 1), keras.layers
    model = stack(
        keras,
        x,
        layers.Conv3D(3, 2, activation="relu"),
        layers.MaxPooling3D(2, padding="same"),
        layers.GlobalAveragePooling3D(),
        layers.Dense(3),
    )
    return classifier(keras, model, x)


def autoencoder(keras: Keras) -> Case:
    """Transposed convolutions and resizing; the label is an image."""
    x, layers = floats(19, 8, 8, 1), keras.layers
    model = stack(
        keras,
        x,
        layers.Conv2D(3, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
        layers.AveragePooling2D(2),
        layers.UpSampling2D(),
        layers.Conv2D(1, 3, padding="same"),
    )
    return Case(model, {"x": x}, {"y": x[:, ::-1].copy()}, keras.losses.MeanSquaredError())


def dilated(keras: Keras) -> Case:
    """Dilated, grouped and separable convolutions."""
    x, layers = floats(20, 9, 9, 4), keras.layers
    model = stack(
        keras,
        x,
        layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu"),
        layers.Conv2D(6, 3, groups=2, activation="relu"),
        layers.SeparableConv2D(4, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    )
    return classifier(keras, model, x)


def augmented(keras: Keras) -> Case:
    """Images as bytes, flipped and moved at random when training."""
    layers = keras.layers
    x = np.random.default_rng(27).integers(0, 256, size=(40, 8, 8, 3)).astype(np.uint8)
    model = stack(
        keras,
        x,
        layers.Rescaling(1 / 255),
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(0.1, 0.1),
        layers.Conv2D(4, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(3),
    )
    return classifier(keras, model, x, deterministic=False)


def mobilenet(keras: Keras) -> Case:
    """keras.applications.MobileNetV2: 154 layers, random weights, batch norm frozen.

    Deep networks of random weights are chaotic while batch norm trains: rounding alone leads elsewhere in a few steps.
    """
    x = floats(23, 32, 32, 3)
    first = keras.Input(x.shape[1:], name="x")
    model = keras.applications.MobileNetV2(
        alpha=0.35, weights=None, classes=3, input_tensor=first, classifier_activation=None
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
            layer.gamma.assign(2.5 * layer.gamma)  # else the signal fades away from layer to layer
    return classifier(keras, model, x, lr=0.0001)


def efficientnet(keras: Keras) -> Case:
    """keras.applications.EfficientNetB0: 238 layers with swish, squeeze and excitation, and stochastic depth."""
    x = np.abs(floats(29, 32, 32, 3)) * 50
    first = keras.Input(x.shape[1:], name="x")
    model = keras.applications.EfficientNetB0(
        weights=None, classes=3, input_tensor=first, classifier_activation=None
    )
    return classifier(keras, model, x, deterministic=False)
