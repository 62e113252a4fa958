"""The encoders that a network can begin with, as a table, and the settings that choose one."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from cellseg.config import Frozen

Filters = Annotated[int, Field(ge=4, le=2048)]


@dataclass(frozen=True)
class Encoder:
    """A classification network of `keras.applications` whose convolutions read the image.

    name : of its function in `keras.applications`, as people write it, too. citation : its paper.
    skips : names of the layers whose outputs, at 1/2, 1/4, 1/8 and 1/16 of the input, the decoder
        joins again. bottom : name of its deepest layer, at 1/32.
    input_range : of the pixel values that it was trained with.
    alphas : the width multipliers that have ImageNet weights. sizes : sides of the images that
        Keras publishes weights for, pixels.
    weights_url : folder of the published weights. weights_file : name of a file in it, made of
        `alpha` and `size`. sha256 : hex digests of these files by name, where they are known.
    """

    name: str
    citation: str
    skips: tuple[str, str, str, str]
    bottom: str
    input_range: tuple[float, float]
    alphas: tuple[float, ...]
    sizes: tuple[int, ...]
    weights_url: str
    weights_file: str
    sha256: dict[str, str]

    def file_name(self, alpha: float, image_size: int) -> str:
        """Keras's name of the weights file without top for a width and an image size."""
        size = image_size if image_size in self.sizes else max(self.sizes)
        return self.weights_file.format(alpha=float(alpha), size=size)


ENCODERS: dict[str, Encoder] = {
    "mobilenetv2": Encoder(
        name="MobileNetV2",
        citation="Sandler et al. 2018",
        skips=(
            "block_1_expand_relu",
            "block_3_expand_relu",
            "block_6_expand_relu",
            "block_13_expand_relu",
        ),
        bottom="block_16_project",
        input_range=(-1.0, 1.0),
        alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        sizes=(96, 128, 160, 192, 224),
        weights_url=("https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"),
        weights_file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}_no_top.h5",
        sha256={
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5": (
                "d43c70f8ea04b1087170401b2f4739f41b94200e30892ea8d050ac65779146c6"
            ),
        },
    ),
}
"""By the name that settings use."""


class EncoderSettings(Frozen):
    """Which encoder a network begins with, and how it starts.

    encoder : `mobilenetv2`, or the name of another row of `ENCODERS`.
    encoder_weights : `imagenet`, `none` (random initialization) or the path of a Keras weights
        file.
    alpha : width multiplier of the encoder.
    """

    encoder: str = "mobilenetv2"
    encoder_weights: str = Field(default="imagenet", min_length=1)
    alpha: float = 1.0

    @property
    def architecture(self) -> Encoder:
        """The encoder's row of the table."""
        return ENCODERS[self.encoder]

    @property
    def encoder_trains(self) -> bool:
        """Whether the encoder learns too: only where it starts without pre-training."""
        return self.starts_random

    @property
    def starts_random(self) -> bool:
        """Whether the encoder starts without pre-training."""
        return self.encoder_weights == "none"

    @field_validator("encoder")
    @classmethod
    def _known(cls, encoder: str) -> str:
        if encoder not in ENCODERS:
            raise ValueError(f"choose one of {', '.join(ENCODERS)}")
        return encoder

    @field_validator("alpha")
    @classmethod
    def _published(cls, alpha: float, info: ValidationInfo) -> float:
        row = ENCODERS.get(info.data.get("encoder", ""))
        if row is not None and alpha not in row.alphas:
            raise ValueError(f"choose one of {', '.join(f'{known:g}' for known in row.alphas)}")
        return alpha
