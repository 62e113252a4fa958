"""Recipe `pixels`: form, curves, scores, description and estimate."""

import statistics
from collections.abc import Iterable, Sequence
from typing import ClassVar

from cellseg.recipes.base import (
    STARTUP_SECONDS,
    Description,
    FinishedTraining,
    PastTraining,
    Recipe,
)
from cellseg.recipes.curves import Curve, Panel, Row, SampleTexts, Score
from cellseg.recipes.form import (
    Choice,
    Field,
    Number,
    encoder_field,
    seed_field,
)
from cellseg.recipes.pixels.settings import PixelsPreprocessing, PixelsSettings, PixelsTraining
from cellseg.recipes.wording import (
    ACCURACY,
    DICE,
    IOU,
    MAJORITY,
    count_noun,
    encoder_clause,
    encoder_line,
    start_summary,
)

SECONDS_PER_IMAGE = {True: 0.12, False: 0.08}
"""Training time of an image on two CPU cores, a first guess, by `encoder_trains`."""

IMAGE_SIZES = (96, 128, 160, 192, 224, 256, 384, 512)
"""Sizes that the form offers, pixels."""

INSTANCES = (
    "pixels with a foreground probability above 0.5 that touch by an edge were taken as one cell"
)
"""How the probability map becomes instances, as a clause in the past tense."""

DEFAULT = PixelsTraining()

FIELDS: tuple[Field, ...] = (
    Number(
        "training.epochs",
        "Epochs",
        "Number of passes over the training images; more take longer.",
        default=DEFAULT.epochs,
        primary=True,
        low=1,
        high=10_000,
    ),
    Number(
        "training.learning_rate",
        "Learning rate",
        "Step size of the optimizer; lower it if the loss curve is unstable.",
        default=DEFAULT.learning_rate,
        primary=True,
        low=1e-6,
        high=1.0,
        step=1e-4,
    ),
    Number(
        "training.batch_size",
        "Batch size",
        "Images in one training step; more need more memory.",
        default=lambda context: DEFAULT.batch_size_for(context.train_images),
        primary=True,
        low=1,
        high=256,
    ),
    encoder_field(primary=True),
    Choice(
        "preprocessing.image_size",
        "Image size",
        "Side in pixels of the square that images are resized to. Larger keeps finer structures.",
        default=PixelsPreprocessing().image_size,
        options={size: str(size) for size in IMAGE_SIZES},
    ),
    seed_field(DEFAULT.seed, column=1),
)


def _curves(measure: str, key: str, printed: str | None = None) -> tuple[Curve, Curve]:
    return (
        Curve(measure, key, "training", printed),
        Curve(measure, f"val_{key}", "test", f"test {printed}" if printed == "IoU" else None),
    )


class PixelsRecipe(Recipe):
    """Classifies each pixel as cell or background, in images resized to a small square."""

    name = "pixels"
    title = "Pixels: pixel classification"
    help = "A small U-Net at 128 x 128 pixels that trains in minutes; cells that touch count as one"
    settings = PixelsSettings
    engine = "cellseg.methods.pixels.engine:ENGINE"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel("Loss", _curves("Loss", "loss", "loss"), bounded=False),
        Panel(
            "Accuracy, IoU and Dice",
            (
                *_curves("Accuracy", "pixel_accuracy"),
                *_curves("IoU", "iou", "IoU"),
                *_curves("Dice", "dice"),
            ),
            baseline="Accuracy",
        ),
    )
    samples = SampleTexts(
        "Ground truth",
        "Foreground probability: white is cell, black is background, grey is uncertain.",
    )
    fields = FIELDS

    def suitability(self, kind: str, sample: bool) -> int:
        """It suits binary masks, and the sample dataset, since it trains in minutes."""
        return 2 if sample or kind != "labels" else 1

    def describe(self, training: FinishedTraining) -> Description:
        """Describe a trained model."""
        settings: PixelsSettings = training.settings
        network, trained = settings.network, settings.training
        size = settings.preprocessing.image_size
        frozen = not network.encoder_trains
        rate = trained.learning_rate
        return Description(
            summary=(
                "Classifies each pixel of an image as cell or background. Images are resized to "
                f"{size} x {size} pixels, so structures that vanish at that size are lost, "
                "and cells that touch count as one."
            ),
            details=(
                f"Optimizer: Adam, constant learning rate {rate:g}, batch size "
                f"{trained.batch_size_for(training.images)}, random seed {trained.seed}",
                encoder_line(network, training, frozen),
                "Decoder filters: " + ", ".join(str(count) for count in network.decoder_filters),
                "Precision: float32",
            ),
            network=(
                f"{encoder_clause(network, training, frozen)} for images resized to "
                f"{size} × {size} pixels"
            ),
            training=(
                f"for {count_noun(training.epochs, 'epoch')} with Adam (constant learning rate "
                f"{rate:g}, batch size {trained.batch_size_for(training.images)}, float32)"
            ),
            instances=INSTANCES,
        )

    def estimate(
        self,
        settings: PixelsSettings,
        train_images: int,
        test_images: int,
        history: Iterable[PastTraining],
    ) -> float:
        """Estimate the duration, seconds, by the speed of the latest similar training."""
        images = train_images + test_images / 3  # a test image has no backward pass
        epochs = settings.training.epochs
        for past in history:
            if not isinstance(past.settings, PixelsSettings):
                continue
            same = (past.settings.network, past.settings.preprocessing)
            if same != (settings.network, settings.preprocessing):
                continue
            if seconds := [row["seconds"] for row in past.rows[1:]]:
                past_images = past.train_images + past.test_images / 3
                return STARTUP_SECONDS + statistics.median(seconds) / past_images * images * epochs
        seconds_per_image = SECONDS_PER_IMAGE[settings.network.encoder_trains]
        area = (settings.preprocessing.image_size / 128) ** 2
        return STARTUP_SECONDS + seconds_per_image * area * images * epochs

    def scores(
        self, settings: PixelsSettings, rows: Sequence[Row], tested: bool, majority: float | None
    ) -> list[Score]:
        """Scores of the last epoch, whose weights the model has."""
        part, prefix = ("test", "val_") if tested else ("training", "")
        side = settings.preprocessing.image_size
        where = f" At {side} × {side} pixels; the model's card has the scores at the image size."
        last = rows[-1]
        shown = (
            ("Accuracy", "pixel_accuracy", ACCURACY),
            ("IoU", "iou", IOU),
            ("Dice", "dice", DICE),
        )
        scores = [
            Score(f"{title}, {part}", last.get(prefix + key), meaning + where)
            for title, key, meaning in shown
        ]
        return [*scores, Score("Majority-class accuracy", majority, MAJORITY)]

    def curves_caption(self, tested: bool) -> str:
        """Caption of the curves."""
        if tested:
            return "Solid: test images, never trained on. Dashed: training images."
        return "All images are used for training in this run, so there are no test curves."

    def summary(self, settings: PixelsSettings, train_images: int) -> str:
        """Summary of settings in a few words."""
        training = settings.training
        return (
            f"{count_noun(training.epochs, 'epoch')}, learning rate {training.learning_rate:g}, "
            f"batch size {training.batch_size_for(train_images)}, "
            f"{start_summary(None, settings.network.encoder_weights)}"
        )


RECIPE = PixelsRecipe()
