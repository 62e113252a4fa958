"""Table of the encoders, and the settings that choose one."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from cellseg.config import Frozen

Filters = Annotated[int, Field(ge=4, le=2048)]
"""Number of filters of a convolution."""


@dataclass(frozen=True)
class Encoder:
    """A classification network of `keras.applications` that can be the encoder of a U-Net.

    name : of its function in `keras.applications`, which is also its common name.
    citation : of its paper.
    skips : names of the layers at 1/2, 1/4, 1/8 and 1/16 of the input size for skip connections.
    bottom : name of the deepest layer, at 1/32 of the input size.
    input_range : of the pixel values that it was trained with.
    alphas : width multipliers that have ImageNet weights.
    sizes : image sizes that have ImageNet weights, pixels.
    weights_url : folder of the published weights.
    weights_file : name of a file in it, a template with `alpha` and `size`.
    sha256 : of these files by name, in hex, where it is known.
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
        """Name of the weights file without top for a width multiplier and an image size."""
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
"""Encoders by their name in the settings."""


class EncoderSettings(Frozen):
    """Encoder of a network and its initial weights.

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
        """Entry of the encoder in the table."""
        return ENCODERS[self.encoder]

    @property
    def encoder_trains(self) -> bool:
        """Whether the encoder trains: only if it is not pre-trained."""
        return self.randomly_initialized

    @property
    def randomly_initialized(self) -> bool:
        """Whether the encoder is initialized at random."""
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
