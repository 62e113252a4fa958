"""What was found beside the truth: scores of every image, and what became of each cell."""

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
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.ui.results import truth_marks
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.viewer import cells_view
from cellseg.ui.widgets import uploads
from cellseg.workspace import Workspace, slug

MOST_PROBLEMS = 5
"""Sentences shown about masks that could not be used."""

MEANINGS = {
    "ap": "Found over found, missed and false cells; 1 is perfect.",
    "f1": "Twice the found over the true and the predicted cells.",
    "precision": "Share of the predicted cells that are right.",
    "recall": "Share of the true cells that were found.",
    "pq": "Panoptic quality: F1 times the mean IoU of the found cells.",
    "mean_matched_iou": "Mean IoU of the found cells with their true ones.",
    "pixel_iou": "Overlap of cell pixels, whichever cell they belong to.",
    "pixel_dice": "Twice the overlap of cell pixels over both areas.",
    "count_error": "Predicted minus true cells.",
    "absolute_count_error": "Predicted minus true cells, without the sign of any image.",
}
ORDER = (
    *("f1", "precision", "recall", "pq", "count_error", "pixel_iou", "pixel_dice"),
    *("mean_matched_iou", "absolute_count_error", "tp", "fp", "fn"),
)
_WORDS = {
    "f1": "F1",
    "pq": "PQ",
    "mean_matched_iou": "matched IoU",
    "pixel_iou": "pixel IoU",
    "pixel_dice": "pixel Dice",
    "absolute_count_error": "count error, unsigned",
}


def show(
    workspace: Workspace, results: Results, segmented: SegmentedImage, filters: Filters
) -> None:
    """The scores of all images that have a truth, and a way to bring true masks."""
    key = f"{results.key}-truth"
    true = [one for one in results.images if one.has_truth]
    if not true:
        st.markdown(
            "**Are there true masks of these images?** Bring them to see which cells were found, "
            "missed, split or merged, and how good the model is in numbers."
        )
    else:
        _scores(results, segmented, filters, true)
    with st.container():  # there in every run, so that nothing below it changes its place
        if not true:
            _uploader(workspace, results, key)
        elif len(true) < len(results.images):
            with st.expander("Bring more true masks", icon=":material/add_photo_alternate:"):
                _uploader(workspace, results, key)


def _scores(
    results: Results, segmented: SegmentedImage, filters: Filters, true: list[SegmentedImage]
) -> None:
    key = f"{results.key}-truth"
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        at = st.slider(
            "A cell counts as found from an IoU of",
            0.05,
            0.95,
            0.5,
            0.05,
            key=f"{key}-iou",
            help="IoU: shared pixels over the pixels of both. 0.5 is usual; 0.9 asks for outlines "
            "that are nearly the same.",
        )
    with right:
        st.toggle("Show in the picture what became of each cell", True, key=f"{key}-map")
    _legend(segmented, filters, at)
    every = []
    with progress_bar.delayed() as tell:
        for number, one in enumerate(true):
            tell(number, len(true), f"Comparing {one.name}, {number + 1} of {len(true)}")
            every.append(truth_marks.compared(one, filters))
    _together(every, at)
    _each(results, every, at)
    if filters.clauses():
        st.caption(
            ":material/filter_alt: The filters act on the predicted cells, not on the truth."
        )


def _legend(segmented: SegmentedImage, filters: Filters, at: float) -> None:
    """The colours of the map, with the cells of each kind in the open image."""
    if not segmented.has_truth:
        st.caption("The open image has no true mask.")
        return
    kinds = truth_marks.became(segmented, filters, at)
    with st.container(horizontal=True, gap="medium"):
        for kind, (name, colour, meaning) in truth_marks.COLOURS.items():
            true, predicted = (labels.size for labels in kinds.labels(kind))
            said = str(predicted if kind == Outcome.FALSE else true)
            if kind in (Outcome.SPLIT, Outcome.MERGED) and true + predicted:
                said = f"{true} into {predicted}"
            square = f'<span style="color:{colour}">&#9632;</span>'
            words = f"{name}: {said}"
            st.html(f'<span title="{meaning}">{square} {words}</span>', width="content")


def _together(every: list[Comparison], at: float) -> None:
    """Pooled scores and means over images, named so."""
    found = overall_scores(every, at)
    rows: Mapping[str, Mapping[str, Any]] = {
        "Pooled: all cells together": found["pooled"],
        "Mean over images": found["image_means"],
    }
    table = pd.DataFrame(list(rows.values()), index=list(rows), dtype=float)
    st.dataframe(
        table.reset_index(names="way"),
        hide_index=True,
        column_order=["way", *_ordered(table)],
        column_config={"way": st.column_config.TextColumn("", pinned=True), **_config(table)},
        alt=f"Scores of {count(len(every), 'image')} together",
    )
    said = f"{count(found['images'], 'image')} with a true mask."
    if empty := found["empty_images"]:
        said += (
            f" {count(empty, 'image')} without a cell in truth and prediction: not applicable, in "
            "no mean."
        )
    st.caption(said)


def _each(results: Results, every: list[Comparison], at: float) -> None:
    """The scores image by image, the worst first; a click opens the image."""
    key = f"{results.key}-truth"
    rows = worst_first([image_scores(one, at) for one in every], at)
    table = pd.DataFrame(rows)
    names = table["image"].tolist()

    def opened() -> None:
        chosen = st.session_state[f"{key}-each"]["selection"]["rows"]
        if chosen and chosen[0] < len(names):
            cells_view.open_image(results.key, names[chosen[0]])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**Image by image, the worst first**", width="content")
        st.space("stretch")
        st.download_button(
            "Scores, CSV",
            lambda: table.to_csv(index=False, lineterminator="\n").encode(),
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
        alt=f"Scores of {count(len(every), 'image')}, the worst first",
    )
    st.caption("Choose a row to open its image. n/a: without a cell there is no score.")


def _uploader(workspace: Workspace, results: Results, key: str) -> None:
    """An uploader of true masks; `take` keeps them beside the results."""
    uploads.uploader(
        workspace,
        f"{key}-upload",
        "True masks",
        help="A label image or a black and white mask for each image, named like it: `a.tif` "
        "or `a_masks.png` for `a.tif`.",
    )


def take(workspace: Workspace, results: Results) -> None:
    """Keep the true masks that were brought, before anything shows the images."""
    key = f"{results.key}-truth"
    slot = st.container()  # there in every run, so that nothing below it changes its place
    if not (files := uploads.received(f"{key}-upload")):
        return
    bar = slot.empty()

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Reading {name}"))

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
    """What was taken of the files of the images, and so is of those of their masks."""
    known = (image.view for image in results.images if image.view is not None)
    return next(known, results.model.view)


def _config(table: pd.DataFrame) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for column in table.columns:
        if column == "image":
            config[column] = st.column_config.TextColumn("image", pinned=True)
        elif column in ("true_cells", "predicted_cells"):
            config[column] = st.column_config.NumberColumn(column.replace("_", " "))
        elif column.startswith("ap_"):
            at = column.removeprefix("ap_")
            config[column] = st.column_config.NumberColumn(
                f"AP {at}", help=f"At an IoU of {at}: {MEANINGS['ap']}", format="%.3f"
            )
        elif column in MEANINGS:
            config[column] = st.column_config.NumberColumn(
                _WORDS.get(column, column.replace("_", " ")),
                help=MEANINGS[column],
                format="%.5g" if "count" in column else "%.3f",
            )
    return config


def _ordered(table: pd.DataFrame) -> list[str]:
    """The columns of scores, the most telling ones first."""
    aps = [column for column in table.columns if column.startswith("ap_")]
    return aps + [column for column in ORDER if column in table.columns]
