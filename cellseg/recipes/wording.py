"""Phrases that the descriptions of several recipes share."""

from cellseg.recipes.base import Start, Training
from cellseg.recipes.encoders import EncoderSettings


def counted(number: int, noun: str) -> str:
    """`1 image`, `24 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def encoder_line(network: EncoderSettings, training: Training, frozen: bool) -> str:
    """The encoder and its weights, as a line of a card."""
    weights = (
        "random initialization, trained"
        if training.encoder_sha256 is None
        else f"pre-trained on ImageNet{', frozen' if frozen else ', trained further'}, "
        f"SHA-256 `{training.encoder_sha256}`"
    )
    return f"Encoder: {network.architecture.name}, alpha {network.alpha:g}; weights: {weights}"


def encoder_clause(network: EncoderSettings, training: Training, frozen: bool) -> str:
    """The U-Net and its encoder, as a clause of a methods paragraph."""
    row = network.architecture
    state = "randomly initialized" if training.encoder_sha256 is None else "pre-trained on ImageNet"
    if frozen and training.encoder_sha256 is not None:
        state += " and frozen"
    return (
        f"a U-Net (Ronneberger et al. 2015) with a {row.name} encoder ({row.citation}; alpha "
        f"{network.alpha:g}, {state})"
    )


def start_name(start: Start) -> str:
    """The model of a fine-tuning, with the hash of its weights where that is known."""
    return f"{start.name} (SHA-256 {start.sha256[:12]})" if start.sha256 else start.name


def start_summary(settings_start: str | None, encoder_weights: str) -> str:
    """Where a network starts, in a few words."""
    if settings_start:
        return f"fine-tuned from {settings_start}"
    known = {"imagenet": "ImageNet encoder", "none": "randomly initialized encoder"}
    return known.get(encoder_weights, "encoder weights from a file")


DICE = "2 x overlap / (sum of both areas); 1 is perfect."
IOU = "Overlap of predicted and true cell pixels, divided by their union; 1 is perfect."
ACCURACY = "Share of the pixels, cells and background alike, that are classified correctly."
MAJORITY = "Accuracy of assigning the more common class to every pixel."
