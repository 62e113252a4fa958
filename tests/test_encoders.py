"""A row of the table is all that another encoder takes."""

import keras
import pytest

from cellseg.methods.pixels.model import build_pixels_unet
from cellseg.recipes.encoders import ENCODERS, Encoder
from cellseg.recipes.pixels.settings import PixelsNetwork

MOBILENET = Encoder(
    name="MobileNet",
    citation="Howard et al. 2017",
    skips=("conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu"),
    bottom="conv_pw_13_relu",
    input_range=(-1.0, 1.0),
    alphas=(0.25, 0.5, 0.75, 1.0),
    sizes=(128, 160, 192, 224),
    weights_url="https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/",
    weights_file="mobilenet_{alpha}_{size}_tf_no_top.h5",
    sha256={},
)


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.setitem(ENCODERS, "mobilenet", MOBILENET)
    return PixelsNetwork(
        encoder="mobilenet", encoder_weights="none", alpha=0.25, decoder_filters=(8, 8, 8, 8)
    )


def test_a_network_begins_with_it(settings):
    network = build_pixels_unet(64, settings)
    assert network.output_shape == (None, 64, 64, 2)
    encoder = network.get_layer("encoder")
    assert isinstance(encoder, keras.Model)
    sides = [shape[1] for shape in encoder.output_shape]
    assert sides == [32, 16, 8, 4, 2]


def test_its_widths_and_its_file_are_its_own(settings):
    assert settings.architecture.file_name(0.25, 200) == "mobilenet_0.25_224_tf_no_top.h5"
    with pytest.raises(ValueError, match=r"choose one of 0.25, 0.5, 0.75, 1"):
        PixelsNetwork(encoder="mobilenet", alpha=0.35)
    assert PixelsNetwork(alpha=0.35).architecture.name == "MobileNetV2"
