"""The network of the recipe `cells`: the encoder and decoder of `seed`, at full resolution."""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from cellseg.network.batch_norm import BatchNormalization
from cellseg.network.decoder import upsample
from cellseg.network.encoder import build_encoder, to_encoder_range
from cellseg.network.precision import layers_in
from cellseg.recipes.base import Precision
from cellseg.recipes.cells.settings import CellsNetwork

OUTPUTS = ("foreground", "boundary", "distance")
"""The channels of the result, in this order."""

DEPTH = 32
"""Height and width of the input are multiples of this many pixels."""

MOMENTUM = 0.95
"""Of the statistics of the decoder's batch norms; Keras's 0.99 lags minutes behind."""

FLOAT32_LAYERS = ("tone",)
"""The layers that compute in float32 when a network predicts, whatever the others do."""


def build_cellnet(
    settings: CellsNetwork,
    encoder_weights: Path | None = None,
    precision: Precision = "float32",
) -> keras.Model:
    """The U-Net of the recipe `cells`.

    The skips are brought to the decoder's width by 1x1 convolutions and added; at the finer
    resolutions 3x3 convolutions follow. The last transposed convolution draws the outputs at full
    resolution from features at half of it; features at full resolution cost a third more time.

    Parameters
    ----------
    encoder_weights : file of the encoder's start; None leaves it random (also for a network whose
        trained weights are loaded next).
    precision : of the decoder. The encoder learns in float32: its many cheap steps are slower in
        bfloat16, which its convolutions hardly make up for while the batch norms are there.

    Returns
    -------
    Model from float32 (B, H, W, 3) in [0, 1], H and W multiples of 32, to float32 (B, H, W, 3):
    logits of the foreground and of the boundary, and the distance to the boundary as a share of
    the largest distance in its cell.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    with layers_in("float32"):
        inputs = keras.Input((None, None, 3), name="image")
        x = _toned(inputs) if settings.tone else inputs
        x = to_encoder_range(x, settings)
        momentum = settings.batch_norm_momentum if settings.norms_train else None
        encoder = build_encoder(None, settings, encoder_weights, momentum)
        *skips, x = encoder(x)  # (B, H/32, W/32, C)
    with layers_in(precision):
        x = _decoded(x, skips, settings)
    return keras.Model(inputs, x, name="mobilenetv2_cellnet")


def _toned(x: keras.KerasTensor) -> keras.KerasTensor:
    """Three channels mixed of the image and its square root, to begin with the image itself.

    The root spreads what is dark: faint cells beside bright ones.
    """
    keep = np.concatenate([np.eye(3), np.zeros((3, 3))]).reshape(1, 1, 6, 3)
    mixed = layers.Conv2D(
        3, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(keep), name="tone"
    )
    return mixed(layers.Concatenate()([x, ops.sqrt(x)]))


def _decoded(
    x: keras.KerasTensor, skips: list[keras.KerasTensor], settings: CellsNetwork
) -> keras.KerasTensor:
    convolutions = settings.decoder_convolutions
    for filters, many, skip in zip(
        settings.decoder_filters, convolutions, reversed(skips), strict=True
    ):
        x = upsample(x, filters, MOMENTUM)  # twice the height and width
        x = layers.Add()([x, _convolved(skip, filters, 1)])
        for _ in range(many):
            x = _convolved(x, filters, 3)
    return layers.Conv2DTranspose(
        len(OUTPUTS), 4, strides=2, padding="same", dtype="float32", name="outputs"
    )(x)


def _convolved(x: keras.KerasTensor, filters: int, kernel: int) -> keras.KerasTensor:
    """Convolution, batch norm, ReLU."""
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=False)(x)
    x = BatchNormalization(momentum=MOMENTUM)(x)
    return layers.ReLU()(x)
