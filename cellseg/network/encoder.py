"""An encoder of the table as a Keras model with skips."""

from pathlib import Path

import keras
from keras import layers

from cellseg.errors import CellsegError
from cellseg.network.batch_norm import with_fused_batch_norms
from cellseg.network.weights import load_weights
from cellseg.recipes.encoders import EncoderSettings

FAST_MOMENTUM = 0.9
"""Batch-norm momentum of an encoder that trains; Keras's 0.999 needs thousands of steps."""


def build_encoder(
    image_size: int | None,
    settings: EncoderSettings,
    weights: Path | None,
    momentum: float | None = FAST_MOMENTUM,
) -> keras.Model:
    """The encoder up to its bottom, with the four skips.

    It is frozen, its batch norms included, unless the settings let it train.

    Parameters
    ----------
    image_size : side of the square input; None takes any multiple of 32, of any proportion.
    momentum : of the statistics of its batch norms where it trains; None freezes these.

    Returns
    -------
    Model from (B, size, size, 3) in the encoder's input range to five maps, from 1/2 to 1/32 of
    the size.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    row = settings.architecture
    backbone = getattr(keras.applications, row.name)(
        input_shape=(image_size, image_size, 3),
        alpha=settings.alpha,
        include_top=False,
        weights=None,
    )
    if weights is not None and not load_weights(backbone, weights):
        raise CellsegError(
            f"The encoder weights file {weights.name} does not fit {row.name} with alpha "
            f"{settings.alpha} without top; choose the file of that encoder or the weights `none`."
        )
    if settings.encoder_trains and momentum is not None:
        backbone = with_fused_batch_norms(backbone)
    outputs = [backbone.get_layer(name).output for name in (*row.skips, row.bottom)]
    encoder = keras.Model(backbone.input, outputs, name="encoder")
    encoder.trainable = settings.encoder_trains
    for layer in encoder.layers:
        if settings.encoder_trains and isinstance(layer, layers.BatchNormalization):
            layer.momentum = FAST_MOMENTUM if momentum is None else momentum
            layer.trainable = momentum is not None
    return encoder


def to_encoder_range(x: keras.KerasTensor, settings: EncoderSettings) -> keras.KerasTensor:
    """An image in [0, 1] rescaled to the encoder's input range, as a layer of the model."""
    low, high = settings.architecture.input_range
    return layers.Rescaling(high - low, offset=low, name="to_encoder_range")(x)
