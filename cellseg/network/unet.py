"""The network: MobileNetV2 encoder, pix2pix decoder, skip connections between them."""

import warnings
from pathlib import Path

import keras
from keras import layers

from cellseg.config import EncoderSettings, NetworkSettings
from cellseg.errors import CellsegError
from cellseg.network.batch_norm import BatchNormalization, with_fused_batch_norms

CLASSES = 2
"""Background and foreground."""

SKIPS = (
    "block_1_expand_relu",
    "block_3_expand_relu",
    "block_6_expand_relu",
    "block_13_expand_relu",
)
"""Encoder outputs at 1/2, 1/4, 1/8 and 1/16 of the input, which the decoder joins again."""

BOTTOM = "block_16_project"
"""The encoder's deepest output, at 1/32 of the input."""

FAST_MOMENTUM = 0.9
"""Batch-norm momentum of an encoder that trains; Keras's 0.999 needs thousands of steps."""


def build_unet(
    image_size: int, settings: NetworkSettings, encoder_weights: Path | None = None
) -> keras.Model:
    """The U-Net of the recipe `seed`.

    Parameters
    ----------
    image_size : side of the square input, a multiple of 32.
    settings : encoder width and training, decoder filters.
    encoder_weights : file of the encoder's start; None leaves it random (also for a network whose
        trained weights are loaded next).

    Returns
    -------
    Model from float32 (B, size, size, 3) in [0, 1] to logits (B, size, size, 2). The rescaling to
    the encoder's [-1, 1] is a layer of the model. With size 128 and the default settings it has
    6,502,786 parameters, of which 4,658,882 train.

    Raises
    ------
    CellsegError
        Where the weights file does not fit the encoder.
    """
    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(2.0, offset=-1.0, name="to_encoder_range")(inputs)
    *skips, x = build_encoder(image_size, settings, encoder_weights)(x)  # (B, size/32, size/32, C)
    for filters, skip in zip(settings.decoder_filters, reversed(skips), strict=True):
        x = upsample(x, filters)  # twice the height and width
        x = layers.Concatenate()([x, skip])
    logits = layers.Conv2DTranspose(CLASSES, 3, strides=2, padding="same", name="logits")(x)
    return keras.Model(inputs, logits, name="mobilenetv2_unet")


def build_encoder(
    image_size: int | None,
    settings: EncoderSettings,
    weights: Path | None,
    momentum: float | None = FAST_MOMENTUM,
) -> keras.Model:
    """MobileNetV2 up to its last projection, with the four skips (Sandler et al. 2018).

    It is frozen, its batch norms included, unless the settings let it train.

    Parameters
    ----------
    image_size : side of the square input; None takes any multiple of 32, of any proportion.
    momentum : of the statistics of its batch norms where it trains; None freezes these.

    Returns
    -------
    Model from (B, size, size, 3) in [-1, 1] to five maps, from 1/2 to 1/32 of the size.
    """
    backbone = keras.applications.MobileNetV2(
        input_shape=(image_size, image_size, 3),
        alpha=settings.alpha,
        include_top=False,
        weights=None,
    )
    if weights is not None:
        _load(backbone, weights, settings)
    if settings.encoder_trains and momentum is not None:
        backbone = with_fused_batch_norms(backbone)
    outputs = [backbone.get_layer(name).output for name in (*SKIPS, BOTTOM)]
    encoder = keras.Model(backbone.input, outputs, name="encoder")
    encoder.trainable = settings.encoder_trains
    for layer in encoder.layers:
        if settings.encoder_trains and isinstance(layer, layers.BatchNormalization):
            layer.momentum = FAST_MOMENTUM if momentum is None else momentum
            layer.trainable = momentum is not None
    return encoder


def upsample(x: keras.KerasTensor, filters: int, momentum: float = 0.99) -> keras.KerasTensor:
    """A pix2pix decoder block: transposed convolution, batch norm, ReLU (Isola et al. 2017).

    Parameters
    ----------
    x : (B, H, W, C).
    filters : channels of the result.
    momentum : of the statistics of the batch norm; Keras's own.

    Returns
    -------
    (B, 2 H, 2 W, filters).
    """
    start = keras.initializers.RandomNormal(0.0, 0.02)  # one for each layer: a shared one repeats
    x = layers.Conv2DTranspose(
        filters, 3, strides=2, padding="same", use_bias=False, kernel_initializer=start
    )(x)
    x = BatchNormalization(momentum=momentum)(x)
    return layers.ReLU()(x)


def load_weights(network: keras.Model, path: Path) -> bool:
    """Load a weights file; whether it fits the network and could be read.

    Where it does not fit, Keras also warns once for each layer; the answer says enough.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            network.load_weights(str(path))
        except (ValueError, OSError, KeyError):
            return False
    return True


def _load(backbone: keras.Model, weights: Path, settings: EncoderSettings) -> None:
    if not load_weights(backbone, weights):
        raise CellsegError(
            f"The encoder weights file {weights.name} does not fit MobileNetV2 with alpha "
            f"{settings.alpha} without top; choose the file of that encoder or the weights `none`."
        )
