"""The comparison with the ground truth: scores of every image, and the match of each cell."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from cellseg.analysis.comparison import (
    Comparison,
    image_scores,
    overall_scores,
    worst_first,
)
from cellseg.analysis.filters import Filters
from cellseg.analysis.outcomes import Outcome
from cellseg.batches import truth
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.exports.tables import csv_bytes
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.ui.results import match_colours
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.viewer import cells_view
from cellseg.ui.widgets import uploads
from cellseg.workspace import Workspace, slug

MOST_PROBLEMS = 5
"""Error messages shown about masks that cannot be used."""

DEFINITIONS = {
    "ap": "Average precision: TP / (TP + FN + FP); 1 is perfect.",
    "f1": "F1 score: 2 TP / (2 TP + FN + FP).",
    "precision": "TP / (TP + FP): fraction of the predicted cells that are true.",
    "recall": "TP / (TP + FN): fraction of the true cells that were found.",
    "pq": "Panoptic quality: F1 score times the mean IoU of the matched cells.",
    "mean_matched_iou": "Mean IoU of the matched cells.",
    "pixel_iou": "Intersection / union of predicted and true cell pixels.",
    "pixel_dice": "2 x intersection / (sum of both areas) of the cell pixels.",
    "count_error": "Predicted minus true cells.",
    "absolute_count_error": "Absolute value of predicted minus true cells of each image.",
    "tp": "True positives: predicted cells that match a true cell.",
    "fp": "False positives: predicted cells without a match.",
    "fn": "False negatives: true cells without a match.",
}
ORDER = (
    *("f1", "precision", "recall", "pq", "count_error", "pixel_iou", "pixel_dice"),
    *("mean_matched_iou", "absolute_count_error", "tp", "fp", "fn"),
)
COUNTS = ("count_error", "absolute_count_error", "tp", "fp", "fn")
HEADINGS = {
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "pq": "PQ",
    "mean_matched_iou": "Mean matched IoU",
    "pixel_iou": "Pixel IoU",
    "pixel_dice": "Pixel Dice",
    "count_error": "Count error",
    "absolute_count_error": "Absolute count error",
    "tp": "TP",
    "fp": "FP",
    "fn": "FN",
    "true_cells": "True cells",
    "predicted_cells": "Predicted cells",
}


def show(
    workspace: Workspace, results: Results, segmented: SegmentedImage, filters: Filters
) -> None:
    """The scores of all images with a ground truth, and an uploader of ground-truth masks."""
    key = f"{results.key}-truth"
    scored = [image for image in results.images if image.has_truth]
    if not scored:
        st.markdown(
            "**Compare with the ground truth.** Add ground-truth masks of these images to see "
            "which cells were found, missed, split or merged, and to score the model."
        )
    else:
        _scores(results, segmented, filters, scored)
    with st.container():  # there in every run, so that nothing below it changes its place
        if not scored:
            _uploader(workspace, key)
        elif len(scored) < len(results.images):
            with st.expander("Add more ground-truth masks", icon=":material/add_photo_alternate:"):
                _uploader(workspace, key)


def _scores(
    results: Results, segmented: SegmentedImage, filters: Filters, scored: list[SegmentedImage]
) -> None:
    key = f"{results.key}-truth"
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        iou = st.slider(
            "IoU threshold",
            0.05,
            0.95,
            0.5,
            0.05,
            key=f"{key}-iou",
            help="A predicted cell matches a true cell if their IoU (intersection / union) is at "
            "least this. 0.5 is usual; 0.9 requires nearly identical outlines.",
        )
    with right:
        st.toggle("Colour cells by match", True, key=f"{key}-map")
    _legend(segmented, filters, iou)
    comparisons = []
    with progress_bar.delayed() as report:
        for number, image in enumerate(scored):
            report(number, len(scored), f"Comparing {image.name}, {number + 1} of {len(scored)}")
            comparisons.append(match_colours.compared(image, filters))
    _together(comparisons, iou)
    _each(results, comparisons, iou)
    if filters.clauses():
        st.caption(
            ":material/filter_alt: The filters apply to predicted cells, not to the ground truth."
        )


def _legend(segmented: SegmentedImage, filters: Filters, iou: float) -> None:
    """The colours of the matches, with the number of cells of each in the open image."""
    if not segmented.has_truth:
        st.caption("The open image has no ground-truth mask.")
        return
    kinds = match_colours.matches(segmented, filters, iou)
    with st.container(horizontal=True, gap="medium"):
        for kind, (name, colour, meaning) in match_colours.COLOURS.items():
            true, predicted = (labels.size for labels in kinds.labels(kind))
            number = str(predicted if kind == Outcome.FALSE else true)
            if kind in (Outcome.SPLIT, Outcome.MERGED) and true + predicted:
                number = f"{true} into {predicted}"
            square = f'<span style="color:{colour}">&#9632;</span>'
            text = f"{square} {name}: {number}"
            st.html(f'<span title="{meaning}">{text}</span>', width="content")


def _together(comparisons: list[Comparison], iou: float) -> None:
    """The scores of all images: pooled, and as means over the images."""
    scores = overall_scores(comparisons, iou)
    rows: Mapping[str, Mapping[str, Any]] = {
        "Pooled: all cells together": scores["pooled"],
        "Mean over images": scores["image_means"],
    }
    table = pd.DataFrame(list(rows.values()), index=list(rows), dtype=float)
    st.dataframe(
        table.reset_index(names="method"),
        hide_index=True,
        column_order=["method", *_ordered(table)],
        column_config={"method": st.column_config.TextColumn("", pinned=True), **_config(table)},
        alt=f"Scores of {count(len(comparisons), 'image')} together",
    )
    text = f"{count(scores['images'], 'image')} with a ground-truth mask."
    if empty := scores["empty_images"]:
        text += (
            f" {count(empty, 'image')} without any true or predicted cell: not applicable, "
            "and left out of the means."
        )
    st.caption(text)


def _each(results: Results, comparisons: list[Comparison], iou: float) -> None:
    """The scores of each image, worst first; selecting a row opens the image."""
    key = f"{results.key}-truth"
    rows = worst_first([image_scores(comparison, iou) for comparison in comparisons], iou)
    table = pd.DataFrame(rows)
    names = table["image"].tolist()

    def opened() -> None:
        chosen = st.session_state[f"{key}-each"]["selection"]["rows"]
        if chosen and chosen[0] < len(names):
            cells_view.open_image(results.key, names[chosen[0]])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**Scores of each image, worst first**", width="content")
        st.space("stretch")
        st.download_button(
            "Scores, CSV",
            lambda: csv_bytes(table),
            f"{slug(results.name) or 'cells'}-scores.csv",
            "text/csv",
            key=f"{key}-csv",
            on_click="ignore",
            icon=":material/download:",
        )
    st.dataframe(
        table,
        hide_index=True,
        column_order=["image", "true_cells", "predicted_cells", *_ordered(table)],
        column_config=_config(table),
        key=f"{key}-each",
        on_select=frame.callback(opened),
        selection_mode="single-row",
        placeholder="n/a",
        alt=f"Scores of {count(len(comparisons), 'image')}, worst first",
    )
    st.caption("Select a row to open its image. n/a: there are no cells to score.")


def _uploader(workspace: Workspace, key: str) -> None:
    """An uploader of ground-truth masks; `store_uploaded_masks` stores them with the results."""
    uploads.uploader(
        workspace,
        f"{key}-upload",
        "Ground-truth masks",
        help="A label image or a binary mask for each image, with a matching name: `a.tif` or "
        "`a_masks.png` for `a.tif`.",
    )


def store_uploaded_masks(workspace: Workspace, results: Results) -> None:
    """Store the uploaded ground-truth masks; to be called before the images are shown."""
    key = f"{results.key}-truth"
    slot = st.container()  # there in every run, so that nothing below it changes its place
    if not (files := uploads.received(f"{key}-upload")):
        return
    bar = slot.empty()

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / max(1, total), plain(f"Reading {name}"))

    try:
        problems = truth.add_truth(
            results.images,
            files,
            view=_view(results),
            limits=Limits.of(workspace),
            progress=progress,
        )
    finally:
        bar.empty()
        uploads.forget(f"{key}-upload")
    with slot:
        for sentence in problems[:MOST_PROBLEMS]:
            frame.show_error(sentence)
        if len(problems) > MOST_PROBLEMS:
            st.caption(f"And {len(problems) - MOST_PROBLEMS:,} more.")


def _view(results: Results) -> View:
    """The channels and planes that were used of the images, and are used of their masks, too."""
    known = (image.view for image in results.images if image.view is not None)
    return next(known, results.model.view)


def _config(table: pd.DataFrame) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for column in table.columns:
        if column == "image":
            config[column] = st.column_config.TextColumn("Image", pinned=True)
        elif column in ("true_cells", "predicted_cells"):
            config[column] = st.column_config.NumberColumn(HEADINGS[column])
        elif column.startswith("ap_"):
            iou = column.removeprefix("ap_")
            config[column] = st.column_config.NumberColumn(
                f"AP {iou}",
                help=f"At an IoU threshold of {iou}: {DEFINITIONS['ap']}",
                format="%.3f",
            )
        elif column in DEFINITIONS:
            config[column] = st.column_config.NumberColumn(
                HEADINGS[column],
                help=DEFINITIONS[column],
                format="%.5g" if column in COUNTS else "%.3f",
            )
    return config


def _ordered(table: pd.DataFrame) -> list[str]:
    """The columns of scores, the most important first."""
    aps = [column for column in table.columns if column.startswith("ap_")]
    return aps + [column for column in ORDER if column in table.columns]
