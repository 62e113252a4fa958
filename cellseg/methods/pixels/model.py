"""The network: encoder, pix2pix decoder, skip connections between them."""

from pathlib import Path

import keras
from keras import layers

from cellseg.network.decoder import upsample
from cellseg.network.encoder import build_encoder, to_encoder_range
from cellseg.recipes.pixels.settings import PixelsNetwork

CLASSES = 2
"""Background and foreground."""


def build_unet(
    image_size: int, settings: PixelsNetwork, encoder_weights: Path | None = None
) -> keras.Model:
    """The U-Net of the recipe `pixels`.

    Parameters
    ----------
    image_size : side of the square input, a multiple of 32.
    settings : encoder width and training, decoder filters.
    encoder_weights : file of the encoder's start; None leaves it random (also for a network whose
        trained weights are loaded next).

    Returns
    -------
    Model from float32 (B, size, size, 3) in [0, 1] to logits (B, size, size, 2). The rescaling to
    the encoder's input range is a layer of the model. With size 128 and the default settings it has
    6,502,786 parameters, of which 4,658,882 train.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = to_encoder_range(inputs, settings)
    *skips, x = build_encoder(image_size, settings, encoder_weights)(x)  # (B, size/32, size/32, C)
    for filters, skip in zip(settings.decoder_filters, reversed(skips), strict=True):
        x = upsample(x, filters)  # twice the height and width
        x = layers.Concatenate()([x, skip])
    logits = layers.Conv2DTranspose(CLASSES, 3, strides=2, padding="same", name="logits")(x)
    return keras.Model(inputs, logits, name="mobilenetv2_unet")
