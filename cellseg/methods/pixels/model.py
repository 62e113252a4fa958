"""Network of the recipe `pixels`: a U-Net with a pix2pix decoder."""

from pathlib import Path

import keras
from keras import layers

from cellseg.network.decoder_blocks import upsample
from cellseg.network.encoder import build_encoder, to_encoder_range
from cellseg.recipes.pixels.settings import PixelsNetwork

CLASSES = 2
"""Number of classes: background and foreground."""


def build_pixels_unet(
    image_size: int, settings: PixelsNetwork, encoder_weights: Path | None = None
) -> keras.Model:
    """Build the U-Net of the recipe `pixels`.

    Parameters
    ----------
    image_size : side of the square input, a multiple of 32.
    settings : of the encoder and the decoder.
    encoder_weights : file of the pre-trained encoder; None initializes it at random, also where
        the weights of a trained network are loaded next.

    Returns
    -------
    Model from float32 (B, size, size, 3) in [0, 1] to logits (B, size, size, 2). The rescaling to
    the encoder's input range is a layer of the model. With size 128 and the default settings it has
    6,502,786 parameters, of which 4,658,882 are trainable.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = to_encoder_range(inputs, settings)
    *skips, x = build_encoder(image_size, settings, encoder_weights)(x)  # (B, size/32, size/32, C)
    for filters, skip in zip(settings.decoder_filters, reversed(skips), strict=True):
        x = upsample(x, filters)  # doubles height and width
        x = layers.Concatenate()([x, skip])
    logits = layers.Conv2DTranspose(CLASSES, 3, strides=2, padding="same", name="logits")(x)
    return keras.Model(inputs, logits, name="mobilenetv2_unet")
