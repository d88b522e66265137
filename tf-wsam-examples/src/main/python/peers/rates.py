"""Prints what this machine's kernels reach at most: the rates of a large matrix product and of the convolutions of resnet18.

By TensorFlow with oneDNN on, whose kernels TensorFlow-Java runs too. In float32, the median of several runs.
"""

import argparse
import os
import statistics
import time
from typing import Callable

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from options import positive

RUNS = 30
WARMUP = 5


def rate(work: Callable[[], tf.Tensor], operations: float) -> float:
    """Billions of floating-point operations a second."""
    run = tf.function(work)
    seconds = []
    for number in range(-WARMUP, RUNS):
        start = time.perf_counter()
        run().numpy()
        if number >= 0:
            seconds.append(time.perf_counter() - start)
    return operations / statistics.median(seconds) / 1e9


def matrix_product(size: int) -> float:
    """The rate of the product of two square matrices."""
    a, b = tf.random.normal((size, size)), tf.random.normal((size, size))
    return rate(lambda: tf.reduce_max(tf.matmul(a, b)), 2 * size**3)


def convolution(batch: int, size: int, channels: int) -> tuple[float, float, float]:
    """The rates of a 3 x 3 convolution, of its gradient to the image, and of that to the kernel."""
    x = tf.random.normal((batch, size, size, channels))
    w = tf.random.normal((3, 3, channels, channels))
    y = tf.random.normal((batch, size, size, channels))
    operations = 2 * batch * size**2 * 9 * channels**2
    layout = {"strides": [1, 1, 1, 1], "padding": "SAME"}

    def forward() -> tf.Tensor:
        return tf.reduce_max(tf.raw_ops.Conv2D(input=x, filter=w, **layout))

    def to_image() -> tf.Tensor:
        return tf.reduce_max(tf.raw_ops.Conv2DBackpropInput(input_sizes=x.shape, filter=w, out_backprop=y, **layout))

    def to_kernel() -> tf.Tensor:
        return tf.reduce_max(tf.raw_ops.Conv2DBackpropFilter(input=x, filter_sizes=w.shape, out_backprop=y, **layout))

    return rate(forward, operations), rate(to_image, operations), rate(to_kernel, operations)


def main() -> None:
    """Prints a line a kernel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=positive, default=os.cpu_count())
    parser.add_argument("--batch", type=positive, default=16)
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    print(f"matrix product of 2048 x 2048: {matrix_product(2048):.0f} GFLOP/s")
    for size, channels in ((32, 64), (16, 128), (8, 256), (4, 512)):
        forward, image, kernel = convolution(args.batch, size, channels)
        print(
            f"3 x 3 convolution, {size} x {size} x {channels}: {forward:.0f} GFLOP/s, "
            f"gradient to the image {image:.0f}, to the kernel {kernel:.0f}"
        )


if __name__ == "__main__":
    main()
