"""Phrases for the descriptions of recipes."""

from pathlib import PurePath

from cellseg.recipes.base import FinishedTraining, Start
from cellseg.recipes.encoders import EncoderSettings


def count_noun(number: int, noun: str) -> str:
    """A number with its noun: `1 image`, `24 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def encoder_line(network: EncoderSettings, training: FinishedTraining, frozen: bool) -> str:
    """Encoder and weights, as a line of a model card."""
    weights = (
        "random initialization, trained"
        if training.encoder_sha256 is None
        else f"{_pretraining(network)}{', frozen' if frozen else ', trained further'}, "
        f"SHA-256 `{training.encoder_sha256}`"
    )
    return f"Encoder: {network.architecture.name}, alpha {network.alpha:g}; weights: {weights}"


def encoder_clause(network: EncoderSettings, training: FinishedTraining, frozen: bool) -> str:
    """U-Net and encoder, as a clause of a methods paragraph."""
    row = network.architecture
    random = training.encoder_sha256 is None
    state = "randomly initialized" if random else _pretraining(network)
    if frozen and training.encoder_sha256 is not None:
        state += " and frozen"
    return (
        f"a U-Net (Ronneberger et al. 2015) with a {row.name} encoder ({row.citation}; alpha "
        f"{network.alpha:g}, {state})"
    )


def _pretraining(network: EncoderSettings) -> str:
    """What the encoder was trained on before, as far as it is known."""
    if network.encoder_weights == "imagenet":
        return "pre-trained on ImageNet"
    return f"pre-trained, with the weights of {PurePath(network.encoder_weights).name}"


def start_name(start: Start) -> str:
    """Name of the model that was fine-tuned, with the hash of its weights where it is known."""
    return f"{start.name} (SHA-256 {start.sha256[:12]})" if start.sha256 else start.name


def start_summary(settings_start: str | None, encoder_weights: str) -> str:
    """Weights that a training starts from, in a few words."""
    if settings_start:
        return f"fine-tuned from {settings_start}"
    known = {"imagenet": "ImageNet encoder", "none": "randomly initialized encoder"}
    return known.get(encoder_weights, "encoder weights from a file")


DICE = "2 x overlap / (sum of both areas); 1 is perfect."
IOU = "Overlap of predicted and true cell pixels, divided by their union; 1 is perfect."
ACCURACY = "Fraction of all pixels, cells and background, that are classified correctly."
MAJORITY = "Accuracy of assigning the more common class to every pixel."
