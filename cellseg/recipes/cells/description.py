"""Description of a model of the recipe `cells`, for its card and the methods of a paper."""

from collections.abc import Sequence

from cellseg.recipes.base import Description, FinishedTraining
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from cellseg.recipes.cells.settings import (
    FINAL_RATE,
    GRADIENT_NORM,
    MOVING_AVERAGE,
    WARM_UP_STEPS,
    WEIGHT_DECAY,
    CellsNetwork,
    CellsSettings,
)
from cellseg.recipes.wording import (
    count_noun,
    encoder_clause,
    encoder_line,
    start_name,
    start_summary,
)

MAX_LISTED = 30
"""Largest number of images that a card lists by name."""


def describe(training: FinishedTraining) -> Description:
    """Describe a trained model."""
    facts = training.facts or CellsFacts()
    return Description(
        summary=_summary(facts),
        details=tuple(_details(training, facts)),
        network=_network(training, facts),
        training=_training(training, facts),
        instances=describe_instances(facts),
    )


def summary(settings: CellsSettings) -> str:
    """Summary of settings in a few words."""
    training = settings.training
    minutes = training.minutes or 0.0
    length = (
        f"{minutes:g} minute{'' if minutes == 1 else 's'}"
        if training.epochs is None
        else count_noun(training.epochs, "epoch")
    )
    start = start_summary(settings.start, settings.network.encoder_weights)
    return (
        f"{length}, learning rate {training.learning_rate:g}, batch size {training.batch_size}, "
        f"{start}"
    )


def describe_instances(facts: CellsFacts) -> str:
    """How the outputs of the network become instances, as a clause in the past tense."""
    settings = facts.instances
    removed = _removed(settings)
    if not facts.separates_cells:
        return (
            f"pixels with a foreground probability above {settings.foreground:g} that touch by an "
            f"edge were taken as one cell{removed}"
        )
    return (
        "cells were separated by a watershed of the predicted distance map minus "
        f"{settings.boundary_weight:g} times the boundary probability, smoothed by a Gaussian "
        f"(standard deviation {settings.smoothing:g} px), within pixels of a foreground "
        f"probability above {settings.foreground:g}; markers were its h-maxima "
        f"(h = {settings.prominence:g}){removed}{_second_pass(settings)}"
    )


def _removed(settings: InstanceSettings) -> str:
    limits = []
    if settings.min_area:
        limits.append(f"below {settings.min_area} px²")
    if settings.min_score:
        limits.append(f"with a mean foreground probability below {settings.min_score:g}")
    return f"; objects {' or '.join(limits)} were removed" if limits else ""


def _second_pass(settings: InstanceSettings) -> str:
    if not settings.second_pass:
        return ""
    below = settings.second_pass_below
    restriction = f" and lower quartile below {below:g} px" if below else ""
    return (
        f"; images whose median cell diameter was below {settings.second_pass:g} px{restriction} "
        "were enlarged to about that diameter, at most threefold, and segmented a second time"
    )


def _summary(facts: CellsFacts) -> str:
    task = (
        "Finds each cell, also where cells touch, in images of any size."
        if facts.separates_cells
        else "Classifies each pixel as cell or background, in images of any size; cells that touch "
        "count as one."
    )
    return (
        f"{task} The training cells were typically {facts.diameter:.0f} pixels in diameter; enter "
        "the diameter if the cells of an image differ much from that."
    )


def _optimizer(settings: CellsSettings) -> str:
    """Optimizer and learning-rate schedule."""
    return (
        f"AdamW (weight decay {WEIGHT_DECAY:g}, gradients clipped to a global norm of "
        f"{GRADIENT_NORM:g}), learning rate {settings.training.learning_rate:g} with a linear "
        f"warm-up of {WARM_UP_STEPS} steps and a half-cosine decay to {FINAL_RATE:.0%}, "
        f"exponential moving average of the weights (momentum {MOVING_AVERAGE:g})"
    )


def _details(training: FinishedTraining, facts: CellsFacts) -> list[str]:
    settings: CellsSettings = training.settings
    network, trained, tuned = settings.network, settings.training, facts.instances
    patches = f"{trained.crop} pixels" if trained.crop else "about three cells"
    elastic = f", {trained.elastic:.0%} with elastic deformation" if trained.elastic else ""
    second = (
        f", second pass at a diameter of {tuned.second_pass:g} pixels"
        + (f" below {tuned.second_pass_below:g}" if tuned.second_pass_below else "")
        if tuned.second_pass
        else ""
    )
    start = start_name(training.start) if training.start else settings.start
    frozen = _encoder_frozen(network)
    return [
        f"Optimizer: {_optimizer(settings)}",
        f"Batch size {trained.batch_size}, random seed {trained.seed}",
        *([f"Fine-tuned from: {start}"] if start else []),
        encoder_line(network, training, frozen),
        "Decoder filters: " + ", ".join(str(count) for count in network.decoder_filters),
        "Decoder convolutions: " + ", ".join(str(n) for n in network.decoder_convolutions),
        f"Patches: side of {patches}{elastic}",
        f"Precision of the training: {facts.precision}, on {facts.device}",
        f"Instances: foreground above {tuned.foreground:g}, h-maxima with h = "
        f"{tuned.prominence:g}, Gaussian of {tuned.smoothing:g} pixels, boundary weight "
        f"{tuned.boundary_weight:g}, minimum area {tuned.min_area} pixels, minimum mean "
        f"probability {tuned.min_score:g}{second}"
        + (", test-time augmentation by flips" if facts.flips else ""),
        f"Validation images: {list_images(facts.validation_images)}",
    ]


def _network(training: FinishedTraining, facts: CellsFacts) -> str:
    settings: CellsSettings = training.settings
    network = settings.network
    frozen = _encoder_frozen(network)
    return (
        f"{encoder_clause(network, training, frozen)} at full resolution, for cells with a typical "
        f"diameter of {facts.diameter:.0f} pixels"
    )


def _training(training: FinishedTraining, facts: CellsFacts) -> str:
    settings: CellsSettings = training.settings
    start = start_name(training.start) if training.start else settings.start
    fine_tuning = f"by fine-tuning the model {start} " if start else ""
    return (
        f"{fine_tuning}for {count_noun(training.epochs, 'epoch')} of "
        f"{count_noun(settings.training.steps, 'step')} with {_optimizer(settings)}, batch size "
        f"{settings.training.batch_size}, {facts.precision}"
    )


def _encoder_frozen(network: CellsNetwork) -> bool:
    """Whether the encoder stays frozen during the whole training."""
    unfrozen_later = network.thaw_after is not None
    return network.freeze_encoder and not network.randomly_initialized and not unfrozen_later


def list_images(images: Sequence[str]) -> str:
    """Names of images, or their number if there are many."""
    if len(images) <= MAX_LISTED:
        return ", ".join(images) or "none"
    return f"{len(images)}, listed in `model.json`"
