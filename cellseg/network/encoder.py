"""Encoders of the table `ENCODERS` as Keras models with skip connections."""

from pathlib import Path

import keras
from keras import layers

from cellseg.errors import CellsegError
from cellseg.network.batch_norm import with_fused_batch_norms
from cellseg.network.weights import try_load_weights
from cellseg.recipes.encoders import EncoderSettings

BATCH_NORM_MOMENTUM = 0.9
"""Momentum of the batch norms of an encoder that trains; 0.999 would need thousands of steps."""


def build_encoder(
    image_size: int | None,
    settings: EncoderSettings,
    weights: Path | None,
    momentum: float | None = BATCH_NORM_MOMENTUM,
) -> keras.Model:
    """Build an encoder with four skip connections; it is frozen unless the settings let it train.

    Parameters
    ----------
    image_size : side of the square input, pixels; None accepts any height and width that are
        multiples of 32.
    weights : file of the pre-trained encoder; None initializes it at random.
    momentum : of the statistics of its batch norms if it trains; None freezes them.

    Returns
    -------
    Model from float32 (B, H, W, 3) in the input range of the encoder to five feature maps, from 1/2
    to 1/32 of H and W.

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
    if weights is not None and not try_load_weights(backbone, weights):
        raise CellsegError(
            f"The encoder weights file {weights.name} does not match {row.name} (alpha "
            f"{settings.alpha}, include_top=False); choose the file for this encoder, or `none`."
        )
    if settings.encoder_trains and momentum is not None:
        backbone = with_fused_batch_norms(backbone)
    outputs = [backbone.get_layer(name).output for name in (*row.skips, row.bottom)]
    encoder = keras.Model(backbone.input, outputs, name="encoder")
    encoder.trainable = settings.encoder_trains
    for layer in encoder.layers:
        if settings.encoder_trains and isinstance(layer, layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM if momentum is None else momentum
            layer.trainable = momentum is not None
    return encoder


def to_encoder_range(x: keras.KerasTensor, settings: EncoderSettings) -> keras.KerasTensor:
    """Rescale an image from [0, 1] to the input range of the encoder, as a layer of the model."""
    low, high = settings.architecture.input_range
    return layers.Rescaling(high - low, offset=low, name="to_encoder_range")(x)
