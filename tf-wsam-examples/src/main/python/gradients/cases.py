"""The ops whose gradients are compared, each in the ways of use that its gradient function tells apart."""

from typing import Callable, List, NamedTuple, Optional, Sequence

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


class Case(NamedTuple):
    """A graph to differentiate.

    Attributes:
        name: its name scope.
        function: builds the outputs from a source of constants and the inputs.
        values: draws the values of the inputs.
        dtype: what the inputs are cast to; None for float64.
        takes_handles: whether the function is given resource handles.
        equivalent: builds the same in ops that Python has a gradient for, where it has none.
    """

    name: str
    function: Callable
    values: Callable[[np.random.Generator], Sequence[np.ndarray]]
    dtype: Optional[tf.DType] = None
    takes_handles: bool = False
    equivalent: Optional[Callable] = None


class Sizes(dict):
    """Sizes of axes by letter, drawn when they are first asked for: images are larger than other tensors."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng = rng

    def __missing__(self, letter: str) -> int:
        low, high = (4, 8) if letter in "hsw" else (2, 5)
        self[letter] = int(self.rng.integers(low, high))
        return self[letter]

    def shape(self, axes: str) -> List[int]:
        """Of one character an axis: a digit is its size, a letter the name of one."""
        return [int(axis) if axis.isdigit() else self[axis] for axis in axes]


def normal(*shapes: str) -> Callable[[np.random.Generator], List[np.ndarray]]:
    """Inputs from the normal distribution."""

    def draw(rng: np.random.Generator) -> List[np.ndarray]:
        sizes = Sizes(rng)
        return [rng.normal(size=sizes.shape(shape)) for shape in shapes]

    return draw


def uniform(low: float, high: float, *shapes: str) -> Callable[[np.random.Generator], List[np.ndarray]]:
    """Inputs from the uniform distribution."""

    def draw(rng: np.random.Generator) -> List[np.ndarray]:
        sizes = Sizes(rng)
        return [rng.uniform(low, high, size=sizes.shape(shape)) for shape in shapes]

    return draw


def positive_definite(*shape: int) -> Callable[[np.random.Generator], List[np.ndarray]]:
    """A symmetric input with eigenvalues above 1."""

    def draw(rng: np.random.Generator) -> List[np.ndarray]:
        a = rng.normal(size=shape)
        return [a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])]

    return draw


def well_conditioned(n: int, *others: Sequence[int], batch: Sequence[int] = ()) -> Callable:
    """Square matrices near a multiple of the identity, and other inputs."""
    return lambda rng: [
        rng.normal(size=(*batch, n, n)) * 0.3 + 2 * np.eye(n),
        *(rng.normal(size=shape) for shape in others),
    ]


def ids(rng: np.random.Generator, n: int, segments: int) -> np.ndarray:
    """Sorted segment ids, none missing."""
    return np.sort(np.concatenate([np.arange(segments), rng.integers(0, segments, n - segments)])).astype(np.int32)


def labels(rng: np.random.Generator, n: int, classes: int) -> np.ndarray:
    return rng.integers(0, classes, n).astype(np.int32)


def distribution(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Positive rows that sum to 1."""
    rows = rng.uniform(0.1, 1, shape)
    return rows / rows.sum(-1, keepdims=True)


def nonzero(axes: str) -> Callable[[np.random.Generator], List[np.ndarray]]:
    """Numbers away from 0."""

    def draw(rng: np.random.Generator) -> List[np.ndarray]:
        shape = Sizes(rng).shape(axes)
        return [rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape)]

    return draw


def losses() -> List[Case]:
    def sparse(rng, x):
        return raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=labels(rng, *x.shape)).loss

    def sparse_backprop(rng, x):
        return raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=labels(rng, *x.shape)).backprop

    def dense(rng, x):
        return raw.SoftmaxCrossEntropyWithLogits(features=x, labels=tf.cast(distribution(rng, *x.shape), x.dtype)).loss

    def dense_labels(rng, x, y):
        return raw.SoftmaxCrossEntropyWithLogits(features=x, labels=tf.nn.softmax(y)).loss

    def ctc(rng, x):
        return raw.CTCLoss(
            inputs=x,
            labels_indices=np.array([[0, 0], [0, 1], [1, 0]], np.int64),
            labels_values=np.array([0, 2, 1], np.int32),
            sequence_length=np.array([5, 4], np.int32),
        ).loss

    return [
        Case("SparseSoftmaxCrossEntropyWithLogits", sparse, normal("nc")),
        Case("SparseSoftmaxCrossEntropyWithLogits_half", sparse, normal("nc"), tf.half),
        Case("SparseSoftmaxCrossEntropyWithLogits_backprop", sparse_backprop, normal("nc")),
        Case("SoftmaxCrossEntropyWithLogits_float64", dense, normal("nc")),
        Case("SoftmaxCrossEntropyWithLogits_half", dense, normal("nc"), tf.half),
        Case("SoftmaxCrossEntropyWithLogits_labels", dense_labels, normal("nc", "nc")),
        Case("CTCLoss", ctc, normal("524"), tf.float32),
        Case("LogSoftmax_rank3", lambda rng, x: raw.LogSoftmax(logits=x), normal("abc")),
        Case("LogSoftmax_rank1", lambda rng, x: raw.LogSoftmax(logits=x), normal("c")),
    ]


def gathers() -> List[Case]:
    def top(rng, x, k=2, **attributes):
        return raw.TopKV2(input=x, k=k, **attributes).values

    def gather(rng, x):
        return raw.Gather(params=x, indices=labels(rng, 6, x.shape[0]).reshape(2, 3))

    def gather_v2(axis, batch_dims=0):
        return lambda rng, x: raw.GatherV2(
            params=x, indices=labels(rng, 4, x.shape[1]).reshape(2, 2), axis=axis, batch_dims=batch_dims
        )

    def resource_gather(rng, handle):
        return raw.ResourceGather(resource=handle, indices=labels(rng, 6, 4), dtype=tf.float64)

    def resource_gather_twice(rng, handle):
        first = raw.ResourceGather(resource=handle, indices=labels(rng, 6, 4), dtype=tf.float64)
        all_rows = raw.ReadVariableOp(resource=handle, dtype=tf.float64)
        return [tf.sin(first), tf.cos(all_rows)]

    def resource_gather_nd(rng, handle):
        return raw.ResourceGatherNd(
            resource=handle, indices=np.array([[0, 1], [3, 2], [0, 1]], np.int64), dtype=tf.float64
        )

    def scatter(op):
        return lambda rng, x, y: op(tensor=x, indices=[[3], [1]], updates=y)

    return [
        Case("TopKV2", top, normal("abc")),
        Case("TopKV2_vector", lambda rng, x: top(rng, x, 3), normal("5")),
        Case("TopKV2_int64", lambda rng, x: top(rng, x, index_type=tf.int64), normal("bc"), equivalent=top),
        Case("TopKV2_bfloat16", top, normal("abc"), tf.bfloat16),
        Case("Gather", gather, normal("nab")),
        Case("Gather_half", gather, normal("na"), tf.half),
        Case("GatherV2_negative_axis", gather_v2(-2), normal("bnc")),
        Case("GatherV2_int64_axis", gather_v2(np.int64(1)), normal("bnc")),
        Case("GatherV2_negative_batch_dims", gather_v2(1, -1), normal("2nc")),
        Case("ResourceGather", resource_gather, normal("4c"), takes_handles=True),
        Case("ResourceGather_and_read", resource_gather_twice, normal("4c"), takes_handles=True),
        Case("ResourceGatherNd", resource_gather_nd, normal("43"), takes_handles=True),
        Case("TensorScatterAdd", scatter(raw.TensorScatterAdd), normal("4c", "2c")),
        Case("TensorScatterSub", scatter(raw.TensorScatterSub), normal("4c", "2c")),
        Case("TensorScatterUpdate", scatter(raw.TensorScatterUpdate), normal("4c", "2c")),
    ]


def identities() -> List[Case]:
    def list_of_some(rng, x, y):
        x, _, y = raw.IdentityN(input=[x, tf.constant([1, 2]), y])
        return [tf.sin(x), tf.cos(y)]

    def one_of_two(rng, x, y):
        return tf.sin(raw.IdentityN(input=[x, y])[0] + y)

    return [
        Case("IdentityN", list_of_some, normal("ab", "c")),
        Case("IdentityN_one", one_of_two, normal("ab", "b")),
        Case("EnsureShape", lambda rng, x: raw.EnsureShape(input=x, shape=[None, x.shape[1]]), normal("ab")),
        Case(
            "PlaceholderWithDefault",
            lambda rng, x: tf.ensure_shape(raw.PlaceholderWithDefault(input=x, shape=[None, x.shape[1]]), x.shape),
            normal("ab"),
        ),
        Case("Snapshot", lambda rng, x: raw.Snapshot(input=x), normal("ab"), equivalent=lambda rng, x: x),
        Case("CheckNumericsV2", lambda rng, x: raw.CheckNumericsV2(tensor=x, message=""), normal("ab")),
    ]


def elementwise() -> List[Case]:
    def binary(op, x="x", y="y"):
        return lambda rng, a, b: op(**{x: a, y: b})

    def cumprod(**attributes):
        return lambda rng, x: raw.Cumprod(x=x, axis=1, **attributes)

    def norm(axis, **attributes):
        return lambda rng, x: raw.EuclideanNorm(input=x, axis=axis, **attributes)

    pair = uniform(0.5, 2, "a1b", "c1")
    return [
        Case("Erfc", lambda rng, x: raw.Erfc(x=x), normal("ab")),
        Case("Erfc_half", lambda rng, x: raw.Erfc(x=x), normal("ab"), tf.half),
        Case("Digamma", lambda rng, x: raw.Digamma(x=x), uniform(0.5, 2, "ab")),
        Case("MulNoNan", binary(raw.MulNoNan), pair),
        Case("FloorMod", binary(raw.FloorMod), uniform(1.1, 1.9, "a1b", "c1")),
        Case("Xlogy", binary(raw.Xlogy), pair),
        Case("Xlog1py", binary(raw.Xlog1py), pair),
        Case("Xdivy", binary(raw.Xdivy), pair),
        Case("Xlogy_zero", lambda rng, x, y: raw.Xlogy(x=x * [0, 1, 1], y=y), uniform(0.5, 2, "a13", "c1")),
        Case("AccumulateNV2", lambda rng, x, y: raw.AccumulateNV2(inputs=[x, y, x], shape=x.shape), normal("ab", "ab")),
        Case("Cross", lambda rng, x, y: raw.Cross(a=x, b=y), normal("a3", "a3")),
        Case("Cumprod", cumprod(), nonzero("ab")),
        Case("Cumprod_exclusive", cumprod(exclusive=True), nonzero("ab")),
        Case("Cumprod_reverse", cumprod(reverse=True), nonzero("ab")),
        Case("Cumprod_both", cumprod(exclusive=True, reverse=True), nonzero("ab")),
        Case("EuclideanNorm", norm([0, -1]), normal("abc")),
        Case("EuclideanNorm_keep_dims", norm([1], keep_dims=True), normal("abc")),
        Case("Atan2_broadcast", binary(raw.Atan2, "y", "x"), pair),
        Case("Round", lambda rng, x: x * raw.Round(x=x * 3), normal("ab")),
        Case(
            "noise_of_dynamic_shape",
            lambda rng, x: x * raw.RandomUniform(shape=tf.raw_ops.Shape(input=x), dtype=x.dtype) * 0 + tf.sin(x),
            normal("ab"),
        ),
    ]


def segments() -> List[Case]:
    def segment(op, count=3):
        def function(rng, x):
            y = op(data=x, segment_ids=ids(rng, x.shape[0], count))
            return tf.ensure_shape(y, [count, *x.shape[1:]])

        return function

    def sparse(op, count=3, **attributes):
        def function(rng, x):
            y = op(data=x, indices=labels(rng, 6, x.shape[0]), segment_ids=ids(rng, 6, 3), **attributes)
            return tf.ensure_shape(y, [count, *x.shape[1:]])

        return function

    return [
        Case("SegmentMean", segment(raw.SegmentMean), normal("sab")),
        Case("SegmentMean_vector", segment(raw.SegmentMean), normal("s")),
        Case("SegmentMax", segment(raw.SegmentMax), normal("sa")),
        Case("SegmentMin", segment(raw.SegmentMin), normal("sa")),
        Case("SegmentProd", segment(raw.SegmentProd), nonzero("sa")),
        Case("SparseSegmentSum", sparse(raw.SparseSegmentSum), normal("na")),
        Case("SparseSegmentMean", sparse(raw.SparseSegmentMean), normal("na")),
        Case("SparseSegmentSqrtN", sparse(raw.SparseSegmentSqrtN), normal("na")),
        Case(
            "SparseSegmentMeanWithNumSegments",
            sparse(raw.SparseSegmentMeanWithNumSegments, count=5, num_segments=5),
            normal("na"),
        ),
    ]


def with_holes(filters: tf.Tensor, dilations: Sequence[int]) -> tf.Tensor:
    """Filters of which a convolution is the dilated convolution of the given ones."""
    for axis, dilation in enumerate(dilations[1:3]):
        rows = [tf.expand_dims(row, axis) for row in tf.unstack(filters, axis=axis)]
        gap = tf.zeros_like(tf.concat(rows[:1] * (dilation - 1), axis)) if dilation > 1 else None
        between = [part for row in rows for part in ([row] if gap is None else [row, gap])]
        filters = tf.concat(between if gap is None else between[:-1], axis)
    return filters


def convolutions() -> List[Case]:
    def conv2d(dilations=(1, 1, 1, 1), stuffed=False, **attributes):
        attributes = {"strides": [1, 1, 1, 1], "padding": "SAME", **attributes}
        if stuffed:
            return lambda rng, x, f: raw.Conv2D(input=x, filter=with_holes(f, dilations), **attributes)
        return lambda rng, x, f: raw.Conv2D(input=x, filter=f, dilations=dilations, **attributes)

    def dilated(name, values, dtype=None, **attributes):
        return Case(name, conv2d(**attributes), values, dtype, equivalent=conv2d(stuffed=True, **attributes))

    def conv3d(**attributes):
        return lambda rng, x, f: raw.Conv3D(input=x, filter=f, **attributes)

    def depthwise(rng, x, f):
        return raw.DepthwiseConv2dNative(
            input=x, filter=f, strides=[1, 1, 1, 1], padding="EXPLICIT", explicit_paddings=padding
        )

    def transposed2d(cut=0, **attributes):
        attributes = {"padding": "SAME", **attributes}

        def function(rng, f, y):
            sizes = [y.shape[0], *(2 * size - cut for size in y.shape[1:3]), f.shape[2]]
            return raw.Conv2DBackpropInput(
                input_sizes=sizes, filter=f, out_backprop=y, strides=[1, 2, 2, 1], **attributes
            )

        return function

    def transposed3d(rng, f, y):
        return raw.Conv3DBackpropInputV2(
            input_sizes=[y.shape[0], *(2 * size for size in y.shape[1:4]), f.shape[3]], filter=f, out_backprop=y, strides=[1, 2, 2, 2, 1], padding="SAME"
        )

    def filter2d(rng, x, y):
        return raw.Conv2DBackpropFilter(
            input=x, filter_sizes=[2, 2, x.shape[-1], y.shape[-1]], out_backprop=y, strides=[1, 1, 1, 1], padding="SAME"
        )

    def filter3d(rng, x, y):
        return raw.Conv3DBackpropFilterV2(
            input=x, filter_sizes=[2, 2, 2, x.shape[-1], y.shape[-1]], out_backprop=y, strides=[1, 1, 1, 1, 1], padding="SAME"
        )

    def grouped(**attributes):
        return conv2d(strides=[1, 2, 1, 1], **attributes)

    def grouped_split(**attributes):
        def function(rng, x, f):
            groups = zip(tf.split(x, 2, 3), tf.split(f, 2, 3))
            return tf.concat([grouped(**attributes)(rng, a, b) for a, b in groups], 3)

        return function

    def patches(**attributes):
        attributes = {"strides": [1, 2, 1, 1], "rates": [1, 1, 1, 1], "padding": "SAME", **attributes}
        return lambda rng, x: raw.ExtractImagePatches(images=x, ksizes=[1, 2, 3, 1], **attributes)

    def max_pool(rng, x):
        padding = [0, 0, 1, 0, 1, 1, 0, 0]
        return raw.MaxPool(
            input=x, ksize=[1, 2, 3, 1], strides=[1, 2, 1, 1], padding="EXPLICIT", explicit_paddings=padding
        )

    def max_pool_argmax(rng, x):
        return raw.MaxPoolWithArgmax(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME").output

    padding = [0, 0, 2, 1, 0, 1, 0, 0]
    image = ("nhwi", "23io")
    volume = ("nabwi", "223io")
    return [
        dilated("Conv2D_dilated", normal(*image), dilations=[1, 2, 1, 1]),
        dilated("Conv2D_dilated_valid", normal("n76i", "23io"), dilations=[1, 2, 2, 1], padding="VALID"),
        dilated("Conv2D_dilated_strided", normal(*image), dilations=[1, 2, 2, 1], strides=[1, 2, 3, 1]),
        Case(
            "Conv2D_explicit",
            conv2d(padding="EXPLICIT", explicit_paddings=padding, strides=[1, 2, 1, 1]),
            normal(*image),
        ),
        dilated(
            "Conv2D_explicit_dilated",
            normal(*image),
            padding="EXPLICIT",
            explicit_paddings=padding,
            dilations=[1, 1, 2, 1],
        ),
        dilated("Conv2D_dilated_half", normal(*image), tf.half, dilations=[1, 2, 2, 1]),
        dilated("Conv2D_dilated_float32", normal(*image), tf.float32, dilations=[1, 2, 3, 1]),
        Case("Conv2D_grouped", grouped(), normal("nhw4", "2326"), equivalent=grouped_split()),
        Case(
            "Conv2D_grouped_dilated",
            grouped(dilations=[1, 2, 1, 1]),
            normal("nhw4", "2326"),
            equivalent=grouped_split(stuffed=True, dilations=[1, 2, 1, 1]),
        ),
        Case("DepthwiseConv2dNative_explicit", depthwise, normal("nhwi", "23io")),
        Case("Conv2DBackpropInput", transposed2d(), normal("22io", "nabo")),
        Case(
            "Conv2DBackpropInput_explicit",
            transposed2d(padding="EXPLICIT", explicit_paddings=[0, 0, 1, 0, 0, 1, 0, 0], cut=1),
            normal("22io", "nhwo"),
        ),
        Case("Conv2DBackpropFilter", filter2d, normal("nhwi", "nhwo")),
        Case("Conv3D", conv3d(strides=[1, 1, 1, 1, 1], padding="VALID"), normal(*volume)),
        Case("Conv3D_strided", conv3d(strides=[1, 2, 1, 2, 1], padding="SAME"), normal(*volume)),
        Case("Conv3D_half", conv3d(strides=[1, 2, 1, 2, 1], padding="SAME"), normal(*volume), tf.half),
        Case("Conv3DBackpropInputV2", transposed3d, normal("222io", "nabco")),
        Case("Conv3DBackpropFilterV2", filter3d, normal("nabci", "nabco")),
        Case("ExtractImagePatches", patches(), normal("nhwc")),
        Case("ExtractImagePatches_rates", patches(rates=[1, 2, 1, 1], padding="VALID"), normal("nhwc")),
        Case("ExtractImagePatches_float32", patches(), normal("nhwc"), tf.float32),
        Case("MaxPool_explicit", max_pool, normal("nhwc"), tf.float32),
        Case("MaxPool_explicit_half", max_pool, normal("nhwc"), tf.half),
        Case("MaxPoolWithArgmax", max_pool_argmax, normal("nhwc"), tf.float32),
    ]


def normalizations() -> List[Case]:
    def batch_norm(op, training):
        def function(rng, x, scale, offset):
            mean = [] if training else rng.normal(size=scale.shape)
            variance = [] if training else rng.uniform(0.5, 2, scale.shape)
            return op(
                x=x,
                scale=tf.cast(scale, tf.float32),
                offset=tf.cast(offset, tf.float32),
                mean=tf.constant(mean, tf.float32),
                variance=tf.constant(variance, tf.float32),
                is_training=training,
            ).y

        return function

    def lrn(rng, x):
        return raw.LRN(input=x, depth_radius=2, bias=1.5, alpha=0.3, beta=0.75)

    def quantized(rng, x, low, high):
        return raw.FakeQuantWithMinMaxVars(inputs=x, min=low, max=high)

    image = normal("nhwc", "c", "c")
    return [
        Case("FusedBatchNorm", batch_norm(raw.FusedBatchNorm, True), image, tf.float32),
        Case("FusedBatchNorm_inference", batch_norm(raw.FusedBatchNorm, False), image, tf.float32),
        Case("FusedBatchNormV2", batch_norm(raw.FusedBatchNormV2, True), image, tf.float32),
        Case("FusedBatchNormV2_inference", batch_norm(raw.FusedBatchNormV2, False), image, tf.float32),
        Case("LRN", lrn, normal("nhw7"), tf.float32),
        Case("FakeQuantWithMinMaxArgs", lambda rng, x: raw.FakeQuantWithMinMaxArgs(inputs=x, min=-1, max=1), normal("ab"), tf.float32),
        Case(
            "FakeQuantWithMinMaxVars",
            quantized,
            lambda rng: [rng.normal(size=(3, 4)), -0.7, 0.9],
            tf.float32,
        ),
    ]


def matrices() -> List[Case]:
    def set_diagonal(k, **attributes):
        return lambda rng, x, d: raw.MatrixSetDiagV3(input=x, diagonal=d, k=k, **attributes)

    def part(k, **attributes):
        return lambda rng, x: raw.MatrixDiagPartV3(input=x, k=k, padding_value=tf.zeros([], x.dtype), **attributes)

    def diagonal(op, k, n=-1, **attributes):
        return lambda rng, d: op(
            diagonal=d, k=k, num_rows=n, num_cols=-1, padding_value=tf.zeros([], d.dtype), **attributes
        )

    def solve(**attributes):
        return lambda rng, a, x: raw.MatrixSolve(matrix=a, rhs=x, **attributes)

    def triangular(**attributes):
        return lambda rng, a, x: raw.MatrixTriangularSolve(matrix=a, rhs=x, **attributes)

    def sparse_product(**attributes):
        indices = np.array([[0, 1], [0, 2], [2, 0], [3, 1]], np.int64)
        return lambda rng, values, x: raw.SparseTensorDenseMatMul(
            a_indices=indices, a_values=values, a_shape=np.array([4, 3], np.int64), b=x, **attributes
        )

    def symmetric(x):
        return (x + tf.linalg.matrix_transpose(x)) / 2

    def eigen(compute_v):
        def function(rng, a):
            e, v = raw.SelfAdjointEigV2(input=symmetric(a), compute_v=compute_v)
            # The sign of an eigenvector is anybody's choice.
            return [e, tf.square(v)] if compute_v else e

        return function

    return [
        Case("MatrixDiagV2", diagonal(raw.MatrixDiagV2, 1), normal("ab")),
        Case("MatrixDiagV3", diagonal(raw.MatrixDiagV3, 0), normal("ab")),
        Case("MatrixDiagV3_band", diagonal(raw.MatrixDiagV3, [-1, 1], 3, align="LEFT_RIGHT"), normal("33")),
        Case("MatrixDiagPart", lambda rng, x: raw.MatrixDiagPart(input=x), normal("abc")),
        Case("MatrixDiagPartV3", part(-1), normal("abc")),
        Case("MatrixDiagPartV3_band", part([-1, 1], align="RIGHT_LEFT"), normal("abc")),
        Case(
            "MatrixSetDiag",
            lambda rng, x, d: raw.MatrixSetDiag(input=x, diagonal=d),
            normal("b34", "b3"),
        ),
        Case("MatrixSetDiagV3", set_diagonal(1), normal("b34", "b3")),
        Case("MatrixSetDiagV3_band", set_diagonal([0, 1]), normal("34", "23")),
        Case("MatrixInverse", lambda rng, a: raw.MatrixInverse(input=a), well_conditioned(3, batch=(2,))),
        Case("MatrixInverse_adjoint", lambda rng, a: raw.MatrixInverse(input=a, adjoint=True), well_conditioned(3)),
        Case("MatrixDeterminant", lambda rng, a: raw.MatrixDeterminant(input=a), well_conditioned(3, batch=(2,))),
        Case(
            "LogMatrixDeterminant",
            lambda rng, a: raw.LogMatrixDeterminant(input=a).log_abs_determinant,
            well_conditioned(3, batch=(2,)),
        ),
        Case("MatrixSolve", solve(), well_conditioned(3, (2, 3, 2), batch=(2,))),
        Case("MatrixSolve_adjoint", solve(adjoint=True), well_conditioned(3, (3, 2))),
        Case("MatrixTriangularSolve", triangular(), well_conditioned(3, (2, 3, 2), batch=(2,))),
        Case("MatrixTriangularSolve_upper", triangular(lower=False, adjoint=True), well_conditioned(3, (3, 2))),
        Case("MatrixTriangularSolve_broadcast", triangular(adjoint=True), well_conditioned(3, (2, 3, 2))),
        Case("Cholesky", lambda rng, a: raw.Cholesky(input=symmetric(a)), positive_definite(2, 3, 3)),
        Case("SelfAdjointEigV2", eigen(True), positive_definite(2, 3, 3)),
        Case("SelfAdjointEigV2_values", eigen(False), positive_definite(3, 3)),
        Case("SparseTensorDenseMatMul", sparse_product(), normal("4", "3c")),
        Case("SparseTensorDenseMatMul_adjoint", sparse_product(adjoint_a=True, adjoint_b=True), normal("4", "c4")),
        Case("ConjugateTranspose", lambda rng, x: raw.ConjugateTranspose(x=x, perm=[2, 0, 1]), normal("abc")),
    ]


def integers() -> List[Case]:
    """Axes, sizes and indices of type int64, and other ways to write what is right otherwise."""
    axes = np.array([0, -1], np.int64)

    def scale(rng, x):
        return raw.ScaleAndTranslate(
            images=x, size=[3, 3], scale=[1.5, 1.5], translation=[0.0, 0.0], antialias=False
        )

    return [
        Case("Sum_int64", lambda rng, x: raw.Sum(input=x, axis=axes), normal("abc")),
        Case("Mean_int64", lambda rng, x: raw.Mean(input=x, axis=axes), normal("abc")),
        Case("Max_int64", lambda rng, x: raw.Max(input=x, axis=axes), normal("abc")),
        Case(
            "Prod_int64",
            lambda rng, x: raw.Prod(input=x, axis=axes),
            normal("abc"),
            equivalent=lambda rng, x: raw.Prod(input=x, axis=[0, -1]),
        ),
        Case(
            "Slice_int64",
            lambda rng, x: raw.Slice(input=x, begin=np.array([1, 0]), size=np.array([2, -1])),
            normal("43"),
        ),
        Case(
            "StridedSlice_int64",
            lambda rng, x: raw.StridedSlice(
                input=x, begin=np.array([0, 1]), end=np.array([4, 2]), strides=np.array([2, 1]), shrink_axis_mask=2
            ),
            normal("43"),
        ),
        Case("Pad_int64", lambda rng, x: raw.Pad(input=x, paddings=np.array([[1, 0], [2, 1]])), normal("ab")),
        Case("BroadcastTo_int64", lambda rng, x: raw.BroadcastTo(input=x, shape=np.array([4, 2, 3])), normal("21")),
        Case(
            "ConcatV2_int64",
            lambda rng, x, y: raw.ConcatV2(values=[x, y], axis=np.int64(-1)),
            normal("ab", "a1"),
            equivalent=lambda rng, x, y: raw.ConcatV2(values=[x, y], axis=-1),
        ),
        Case("Split_one", lambda rng, x: raw.Split(axis=1, value=x, num_split=1)[0], normal("ab")),
        Case("SplitV_one", lambda rng, x: raw.SplitV(value=x, size_splits=[3], axis=1, num_split=1)[0], normal("a3")),
        Case(
            "ScaleAndTranslate_half",
            scale,
            normal("nabc"),
            tf.half,
            equivalent=lambda rng, x: scale(rng, tf.cast(x, tf.float32)),
        ),
        Case(
            "ResizeBicubic_half",
            lambda rng, x: raw.ResizeBicubic(images=x, size=[3, 3]),
            normal("nabc"),
            tf.half,
            equivalent=lambda rng, x: raw.ResizeBicubic(images=tf.cast(x, tf.float32), size=[3, 3]),
        ),
    ]


def spectra() -> List[Case]:
    """In float32: the C API takes real parts of complex64 alone."""

    def parts(y):
        return [raw.Real(input=y), raw.Imag(input=y)]

    def fourier(op):
        return lambda rng, x, y: parts(op(input=raw.Complex(real=x, imag=y)))

    def real(n):
        return lambda rng, x: parts(raw.RFFT(input=x, fft_length=[n]))

    def inverse(n):
        return lambda rng, x, y: raw.IRFFT(input=raw.Complex(real=x, imag=y), fft_length=[n])

    return [
        Case("ComplexAbs", lambda rng, x, y: raw.ComplexAbs(x=raw.Complex(real=x, imag=y)), normal("ab", "ab"), tf.float32),
        *(
            Case(op, fourier(getattr(raw, op)), normal("nabc", "nabc"), tf.float32)
            for op in ["FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D"]
        ),
        Case("RFFT_even", real(6), normal("a6"), tf.float32),
        Case("RFFT_odd", real(5), normal("5"), tf.float32),
        Case("RFFT_cut", real(4), normal("a6"), tf.float32, equivalent=lambda rng, x: real(4)(rng, x[:, :4])),
        Case("IRFFT_even", inverse(6), normal("a4", "a4"), tf.float32),
        Case("IRFFT_odd", inverse(5), normal("3", "3"), tf.float32),
    ]


CASES: List[Case] = [
    *losses(),
    *gathers(),
    *identities(),
    *elementwise(),
    *segments(),
    *convolutions(),
    *normalizations(),
    *matrices(),
    *integers(),
    *spectra(),
]
