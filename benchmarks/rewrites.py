"""The rewrites of `cellseg.network` against what they stand for: `python -m benchmarks.rewrites`.

Both take turns in one process, so that noise of the machine hits both alike; each is traced once,
and the fastest of its rounds counts. Weights are random: they do not change the time.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf
from keras import layers

from benchmarks.command_line import describe_machine
from cellseg.methods.cells.model import FLOAT32_LAYERS, build_cells_unet
from cellseg.network import precision
from cellseg.network.batch_norm import BatchNormalization
from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.network.folded_training import folded_training_graph, strided_depthwise
from cellseg.network.padded_convolution import PADDING
from cellseg.recipes.base import Precision
from cellseg.recipes.cells.settings import CellsNetwork

Step = Callable[[], tf.Tensor]
Row = tuple[str, Step, Step]
"""What is measured, the plain way and the rewritten one."""

IMAGE = (1, 512, 512, 3)
BATCH = (8, 256, 256, 3)


def main() -> None:
    """Let both ways of each row take turns, and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    rounds = parser.parse_args().rounds
    keras.utils.set_random_seed(0)
    print(f"{describe_machine()}; fastest of {rounds} rounds")
    print("| | plain, ms | rewritten, ms | ratio |\n|---|---|---|---|")
    for title, plain, rewritten in _rows():
        plain_ms, rewritten_ms = _by_turns(plain, rewritten, rounds)
        ratio = rewritten_ms / plain_ms
        print(f"| {title} | {plain_ms:.1f} | {rewritten_ms:.1f} | {ratio:.2f} |", flush=True)


def _by_turns(plain: Step, rewritten: Step, rounds: int) -> tuple[float, float]:
    """Milliseconds of each, after one round that traces and warms up."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for step, times in zip((plain, rewritten), taken, strict=True):
            began = time.perf_counter()
            step().numpy()
            if turn:
                times.append(1e3 * (time.perf_counter() - began))
    return min(taken[0]), min(taken[1])


def _rows() -> Iterator[Row]:
    """One row after another, so that no two networks lie in memory for longer than they run."""
    native = precision.automatic_precision()
    yield from _predictions(dict.fromkeys(("float32", native)))
    for arithmetic in dict.fromkeys(("float32", native)):
        yield _training(arithmetic)
    for arithmetic in dict.fromkeys(("float32", native)):
        yield _depthwise(arithmetic)
    for arithmetic in dict.fromkeys(("float32", native)):
        yield _batch_norm(arithmetic)
    for arithmetic in dict.fromkeys(("float32", native)):
        yield _padded(arithmetic)
    for side in (3, 4):
        yield _subpixel(side)


def _predictions(arithmetics: dict[Precision, None]) -> Iterator[Row]:
    network = build_cells_unet(CellsNetwork(encoder_weights="none"))
    for arithmetic in arithmetics:
        folded = fold_batch_norms(network, arithmetic, FLOAT32_LAYERS)
        title = f"prediction of `cells`: batch norms folded, in {arithmetic}, against float32"
        yield title, _prediction(network, IMAGE), _prediction(folded, IMAGE)


def _training(arithmetic: Precision) -> Row:
    """A step without the optimizer, whose time is the same for both."""
    network = build_cells_unet(CellsNetwork(), precision=arithmetic)
    folded = folded_training_graph(network, arithmetic)
    title = f"training step of `cells`: frozen batch norms folded, in {arithmetic}"
    return title, _slopes(network, BATCH), _slopes(folded, BATCH)


def _depthwise(arithmetic: Precision) -> Row:
    x = tf.cast(tf.random.normal((8, 128, 128, 96)), arithmetic)
    kernel = tf.cast(tf.random.normal((3, 3, 96, 1)), arithmetic)

    def plain(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "SAME")

    def step(convolve: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> Step:
        def learn() -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                found = convolve(x, kernel)
            slopes = tape.gradient(found, [x, kernel])
            return tf.add_n([tf.reduce_sum(slope) for slope in slopes])

        return tf.function(learn)

    title = f"depthwise convolution of stride 2 with its gradients, {arithmetic}"
    return title, step(plain), step(strided_depthwise)


def _batch_norm(arithmetic: Precision) -> Row:
    policy = "mixed_bfloat16" if arithmetic == "bfloat16" else "float32"
    shape = (8, 128, 128, 96)
    kinds = (layers.BatchNormalization, BatchNormalization)
    plain, fused = (
        keras.Sequential([keras.Input(shape[1:]), kind(dtype=policy)]) for kind in kinds
    )
    return (
        f"batch norm with its gradients, {policy}",
        _slopes(plain, shape, True),
        _slopes(fused, shape, True),
    )


def _padded(arithmetic: Precision) -> Row:
    with precision.layers_in(arithmetic):
        inputs = keras.Input((None, None, 96))
        x = layers.ZeroPadding2D(PADDING)(inputs)
        plain = keras.Model(inputs, layers.DepthwiseConv2D(3, strides=2)(x))
    shape = (1, 256, 256, 96)
    title = f"padding and a depthwise convolution of stride 2 in one, {arithmetic}"
    return title, _prediction(plain, shape), _prediction(fold_batch_norms(plain), shape)


def _subpixel(side: int) -> Row:
    inputs = keras.Input((256, 256, 48))
    outputs = layers.Conv2DTranspose(3, side, strides=2, padding="same")(inputs)
    plain, shape = keras.Model(inputs, outputs), (1, 256, 256, 48)
    title = f"transposed convolution as a subpixel convolution, kernel {side} x {side}"
    return title, _prediction(plain, shape), _prediction(fold_batch_norms(plain), shape)


def _prediction(network: keras.Model, shape: tuple[int, ...]) -> Step:
    images = tf.random.uniform(shape)
    return tf.function(lambda: network(images, training=False))


def _slopes(network: keras.Model, shape: tuple[int, ...], inputs: bool = False) -> Step:
    """Forward and backward pass; the sum of all gradients, so that none is left out.

    Parameters
    ----------
    inputs : whether the gradient of the inputs is wanted too, as inside a network.
    """
    images = tf.random.normal(shape)

    def learn() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            loss = tf.reduce_mean(tf.square(tf.cast(network(images, training=True), tf.float32)))
        wanted = [one.value for one in network.trainable_variables]
        found = tape.gradient(loss, [images, *wanted] if inputs else wanted)
        return tf.add_n([tf.reduce_sum(gradient) for gradient in found])

    return tf.function(learn)


if __name__ == "__main__":
    main()
