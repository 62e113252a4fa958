"""Model cards: training data, scores and details of a model."""

from collections.abc import Sequence
from typing import Any

from cellseg.models.facts import ModelFacts

FEW_TEST_IMAGES = 5
DEFAULT_VIEW = "the default (first three channels, maximum of the planes)"
WORST = 3
"""Number of images listed as the worst."""

MAX_LISTED = 30
"""Most test images that a card lists by name."""


def card_text(facts: ModelFacts) -> str:
    """The card as Markdown, from the stored facts."""
    about = [facts.about] if facts.about else []
    parts = [f"# {facts.name}", _summary(facts), *about, _scores(facts), _details(facts)]
    return "\n\n".join(parts) + "\n"


def _summary(facts: ModelFacts) -> str:
    ended = "" if facts.ended == "finished" else " (stopped by the user)"
    start = f", fine-tuned from {facts.start.name}" if facts.start else ""
    return (
        f"{facts.description.summary} Trained on {facts.created:%d %B %Y} with "
        f"{len(facts.train)} images of the dataset {facts.dataset_name}, {facts.epochs_done} "
        f"epochs{ended}{start}."
    )


def _scores(facts: ModelFacts) -> str:
    if facts.scores is None:
        return "## Scores\n\nThere are no scores, since all images were used for training."
    source = facts.test_dataset_name
    where = (
        f"the dataset {source}" if source else "the same dataset that were not used for training"
    )
    rows = [
        "## Scores",
        f"On {_images(len(facts.test))} of {where}, pooled over pixels:",
        "| | at network size | at image size |\n|---|---|---|\n" + _table(facts.scores["together"]),
        *_of_cells(facts.scores),
        "Majority-class accuracy is the pixel accuracy of predicting the more frequent class for "
        "all pixels.",
    ]
    if len(facts.test) < FEW_TEST_IMAGES:
        rows.append(f"With only {_images(len(facts.test))}, the scores are a rough guide.")
    if facts.best_on_test:
        best = facts.best_on_test
        rows.append(
            f"The model has the weights after the last epoch. Those of epoch {best.epoch} scored "
            f"best on the test images (IoU {best.iou:.3f}) and are stored as "
            "`best_on_test.weights.h5`. They were chosen on the test images, so their score is "
            "too high."
        )
    return "\n\n".join(rows)


def _table(together: dict[str, Any]) -> str:
    titles = {
        "pixel_accuracy": "Pixel accuracy",
        "majority_accuracy": "Majority-class accuracy",
        "iou": "IoU of the foreground",
        "dice": "Dice of the foreground",
        "iou_background": "IoU of the background",
    }
    sizes = ("network_size", "image_size")
    return "\n".join(
        f"| {title} | " + " | ".join(_number(together[size][key]) for size in sizes) + " |"
        for key, title in titles.items()
    )


def _of_cells(scores: dict[str, Any]) -> list[str]:
    """Scores of cells, and the worst images."""
    together = scores["together"]["image_size"]
    if "AP" not in together:
        return []
    ap, mean = together["AP"], together["AP_mean"]
    rows = "\n".join(f"| {each} | {_number(ap[each])} | {_number(mean[each])} |" for each in ap)
    images = [(image["image_size"]["AP"]["0.5"], image["name"]) for image in scores["per_image"]]
    worst = sorted((value, name) for value, name in images if value is not None)[:WORST]
    named = "; ".join(f"{name} {value:.3f}" for value, name in worst)
    return [
        "Scores of cells (AP = TP / (TP + FN + FP); a predicted cell is a true positive if its "
        "IoU with a true cell is at least the threshold):",
        "| IoU threshold | AP over all cells | AP, mean over images |\n|---|---|---|\n" + rows,
        f"At an IoU threshold of 0.5: F1 {_number(together['F1'])}, PQ {_number(together['PQ'])}. "
        f"Median error of the cell count: {_percent(together['count_error'])}.",
        f"Images with the lowest AP at 0.5: {named or 'none has a cell'}.",
    ]


def _details(facts: ModelFacts) -> str:
    lines = [
        f"Recipe: {facts.recipe.name}; {facts.seconds:.0f} s of training",
        *facts.description.details,
        f"Channels and planes used: {facts.view.description or DEFAULT_VIEW}",
        f"Dataset fingerprint: `{facts.dataset_fingerprint}`",
        f"Test images: {_named(facts.test)}",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in facts.versions.items()),
    ]
    return "## Details\n\n" + "\n".join(f"- {line}" for line in lines)


def _named(images: Sequence[str]) -> str:
    if len(images) <= MAX_LISTED:
        return ", ".join(images) or "none"
    return f"{len(images)}, listed in `model.json`"


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.1%}"


def _images(count: int) -> str:
    return "1 test image" if count == 1 else f"{count} test images"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
