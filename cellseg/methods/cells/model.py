"""Network of the recipe `cells`: a U-Net that predicts at full resolution."""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from cellseg.network.batch_norm import BatchNormalization
from cellseg.network.decoder_blocks import upsample
from cellseg.network.encoder import build_encoder, to_encoder_range
from cellseg.network.precision import layers_in
from cellseg.recipes.base import Precision
from cellseg.recipes.cells.settings import CellsNetwork

OUTPUTS = ("foreground", "boundary", "distance")
"""Channels of the output, in this order."""

INPUT_MULTIPLE = 32
"""Height and width of the input are multiples of this many pixels."""

BATCH_NORM_MOMENTUM = 0.95
"""Momentum of the statistics of the decoder's batch norms; Keras's 0.99 adapts too slowly."""

FLOAT32_LAYERS = ("tone",)
"""Layers that compute in float32 in a prediction, whatever the precision of the others."""


def build_cells_unet(
    settings: CellsNetwork,
    encoder_weights: Path | None = None,
    precision: Precision = "float32",
) -> keras.Model:
    """Build the U-Net of the recipe `cells`.

    The skip connections are projected to the width of the decoder by 1x1 convolutions and added; at
    the finer resolutions 3x3 convolutions follow. The last transposed convolution computes the
    outputs at full resolution from features at half resolution; features at full resolution would
    take a third more time.

    Parameters
    ----------
    encoder_weights : file of the pre-trained encoder; None initializes it at random, also where
        the weights of a trained network are loaded next.
    precision : of the decoder. The encoder trains in float32: its many small operations are slower
        in bfloat16, which its convolutions hardly compensate while it has batch norms.

    Returns
    -------
    Model from float32 (B, H, W, 3) in [0, 1], H and W multiples of 32, to float32 (B, H, W, 3):
    logits of foreground and boundary, and the distance map.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    with layers_in("float32"):
        inputs = keras.Input((None, None, 3), name="image")
        x = _mix_square_root(inputs) if settings.tone else inputs
        x = to_encoder_range(x, settings)
        momentum = settings.batch_norm_momentum if settings.batch_norms_train else None
        encoder = build_encoder(None, settings, encoder_weights, momentum)
        *skips, x = encoder(x)  # (B, H/32, W/32, C)
    with layers_in(precision):
        x = _decode(x, skips, settings)
    return keras.Model(inputs, x, name="mobilenetv2_cellnet")


def _mix_square_root(x: keras.KerasTensor) -> keras.KerasTensor:
    """Mix the image with its square root by a 1x1 convolution that is initialized as identity.

    The square root increases the contrast of dark regions: faint cells beside bright ones.
    """
    identity = np.concatenate([np.eye(3), np.zeros((3, 3))]).reshape(1, 1, 6, 3)
    convolution = layers.Conv2D(
        3, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(identity), name="tone"
    )
    return convolution(layers.Concatenate()([x, ops.sqrt(x)]))


def _decode(
    x: keras.KerasTensor, skips: list[keras.KerasTensor], settings: CellsNetwork
) -> keras.KerasTensor:
    for filters, convolutions, skip in zip(
        settings.decoder_filters, settings.decoder_convolutions, reversed(skips), strict=True
    ):
        x = upsample(x, filters, BATCH_NORM_MOMENTUM)  # doubles height and width
        x = layers.Add()([x, _convolve(skip, filters, 1)])
        for _ in range(convolutions):
            x = _convolve(x, filters, 3)
    return layers.Conv2DTranspose(
        len(OUTPUTS), 4, strides=2, padding="same", dtype="float32", name="outputs"
    )(x)


def _convolve(x: keras.KerasTensor, filters: int, kernel: int) -> keras.KerasTensor:
    """Convolution, batch norm, ReLU."""
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=False)(x)
    x = BatchNormalization(momentum=BATCH_NORM_MOMENTUM)(x)
    return layers.ReLU()(x)
