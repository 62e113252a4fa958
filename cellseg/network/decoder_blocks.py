"""Blocks of the decoders."""

import keras
from keras import layers

from cellseg.network.batch_norm import BatchNormalization


def upsample(x: keras.KerasTensor, filters: int, momentum: float = 0.99) -> keras.KerasTensor:
    """A pix2pix decoder block: transposed convolution, batch norm, ReLU (Isola et al. 2017).

    Parameters
    ----------
    x : (B, H, W, C).
    filters : number of channels of the result.
    momentum : of the statistics of the batch norm; Keras's default.

    Returns
    -------
    (B, 2 H, 2 W, filters).
    """
    initializer = keras.initializers.RandomNormal(0.0, 0.02)  # one for each layer
    x = layers.Conv2DTranspose(
        filters, 3, strides=2, padding="same", use_bias=False, kernel_initializer=initializer
    )(x)
    x = BatchNormalization(momentum=momentum)(x)
    return layers.ReLU()(x)
