"""Times training steps in TensorFlow: momentum alone, a two-pass tf.function, or Keras's SharpnessAwareMinimization."""

import os
from typing import Sequence

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tf_keras

import models_tensorflow
from step import GAMMA, LEARNING_RATE, MOMENTUM, RHO, Settings, main

# A process may build several trainings, each traced anew: no reason to warn.
tf.get_logger().setLevel("ERROR")

PEERS = {"plain": ("base",), "two_pass": ("sam", "wsam"), "keras_sam": ("sam",)}


class TensorFlowTraining:
    """A model in training."""

    def __init__(self, settings: Settings) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
        tf_keras.utils.set_random_seed(1)
        self.model = models_tensorflow.build(settings.model)
        self.versions = {"TensorFlow": tf.__version__}
        if settings.peer == "keras_sam":
            self.versions["Keras"] = tf_keras.__version__
            self.train_step = self._keras_sam()
        else:
            self.momenta = [tf.Variable(tf.zeros_like(variable)) for variable in self.model.trainable_variables]
            steps = {"base": self._plain_step, "sam": self._sam_step, "wsam": self._wsam_step}
            self.train_step = steps[settings.optimizer]

    def step(self, x: np.ndarray, y: np.ndarray) -> float:
        return self.train_step(tf.constant(x), tf.constant(y)).numpy()

    def _keras_sam(self) -> tf.types.experimental.GenericFunction:
        trainer = tf_keras.models.experimental.SharpnessAwareMinimization(self.model, rho=RHO)
        # The optimizer of before Keras 2.11 updates by one fused op a variable, the later one by four.
        optimizer = tf_keras.optimizers.legacy.SGD(LEARNING_RATE, MOMENTUM)
        trainer.compile(optimizer, tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        # What fit and train_on_batch call once a batch, without what they do around it.
        return tf.function(lambda x, y: trainer.train_step((x, y))["loss"])

    @tf.function
    def _plain_step(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        loss, gradients = self._gradients(x, y)
        self._apply_momentum(gradients)
        return loss

    @tf.function
    def _sam_step(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        loss, _, perturbed = self._two_passes(x, y)
        self._apply_momentum(perturbed)
        return loss

    @tf.function
    def _wsam_step(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        loss, gradients, perturbed = self._two_passes(x, y)
        self._apply_momentum(gradients)
        rate = LEARNING_RATE * GAMMA["wsam"] / (1 - GAMMA["wsam"])
        for variable, first, second in zip(self.model.trainable_variables, gradients, perturbed):
            variable.assign_sub(rate * (second - first))
        return loss

    def _two_passes(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]:
        loss, gradients = self._gradients(x, y)
        scale = RHO / (tf.linalg.global_norm(gradients) + 1e-12)
        perturbations = [gradient * scale for gradient in gradients]
        for variable, perturbation in zip(self.model.trainable_variables, perturbations):
            variable.assign_add(perturbation)
        self._update_averages(False)
        _, perturbed = self._gradients(x, y)
        self._update_averages(True)
        for variable, perturbation in zip(self.model.trainable_variables, perturbations):
            variable.assign_sub(perturbation)
        return loss, gradients, perturbed

    def _gradients(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        return loss, tape.gradient(loss, self.model.trainable_variables)

    def _update_averages(self, updates: bool) -> None:
        for layer in self.model.layers:
            if isinstance(layer, models_tensorflow.BatchNorm):
                layer.updates_averages = updates

    def _apply_momentum(self, gradients: Sequence[tf.Tensor]) -> None:
        for variable, momentum, gradient in zip(self.model.trainable_variables, self.momenta, gradients):
            tf.raw_ops.ResourceApplyMomentum(
                var=variable.handle, accum=momentum.handle, lr=LEARNING_RATE, grad=gradient, momentum=MOMENTUM
            )

    def weights(self) -> list[np.ndarray]:
        return [variable.numpy() for variable in self.model.trainable_variables]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        for variable, weight in zip(self.model.trainable_variables, weights):
            variable.assign(weight)

    def statistics(self) -> list[np.ndarray]:
        return [variable.numpy() for variable in self.model.non_trainable_variables]


if __name__ == "__main__":
    main(__doc__, PEERS, TensorFlowTraining)
