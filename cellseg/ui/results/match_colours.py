"""The match of each cell with the ground truth, and the colour in which it is shown."""

import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.comparison import Comparison, compare, with_cells
from cellseg.analysis.filters import Filters
from cellseg.analysis.outcomes import Outcome, Outcomes, cell_outcomes
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.viewer.cells_view import Marks

COLOURS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.FOUND: ("Found", "#009E73", "true positive: matched one to one"),
    Outcome.MISSED: ("Missed", "#D55E00", "false negative: only in the ground truth"),
    Outcome.FALSE: ("False positive", "#F0E442", "only in the prediction"),
    Outcome.SPLIT: ("Split", "#56B4E9", "one true cell, predicted as several"),
    Outcome.MERGED: ("Merged", "#CC79A7", "several true cells, predicted as one"),
}
"""Name, colour (of the colour-blind-safe palette of Okabe & Ito 2008) and meaning."""


@st.cache_resource(max_entries=3000, show_spinner=False)
def _compared(
    version: str, name: str, truth_version: int, _segmented: SegmentedImage
) -> Comparison:
    true = _segmented.truth()
    assert true is not None
    return compare(name, true, _segmented.labels())


def compared(segmented: SegmentedImage, filters: Filters) -> Comparison:
    """The comparison of an image with its ground truth; filtered cells count as not predicted."""
    truth_version = state.truth_version(segmented)
    whole = _compared(segmented.version, segmented.name, truth_version, segmented)
    if not filters.clauses():
        return whole
    return with_cells(whole, state.kept(segmented, filters)["label"].to_numpy())


def threshold(key: str) -> float:
    """The chosen IoU threshold."""
    return float(st.session_state.get(f"{key}-truth-iou", 0.5))


def matches(segmented: SegmentedImage, filters: Filters, iou: float) -> Outcomes:
    """The match of every cell of an image at an IoU threshold."""
    return cell_outcomes(compared(segmented, filters).overlaps, iou)


def marks(results: Results, segmented: SegmentedImage, filters: Filters) -> Marks | None:
    """A colour for each predicted and each true cell; None if they are not to be shown."""
    if not segmented.has_truth or not st.session_state.get(f"{results.key}-truth-map", True):
        return None
    matched = matches(segmented, filters, threshold(results.key))
    return Marks(
        _colours(matched.predicted, matched.predicted_outcomes),
        _colours(matched.truth, matched.truth_outcomes),
        {colour: name for name, colour, _ in COLOURS.values()},
    )


def _colours(labels: NDArray, kinds: NDArray) -> dict[int, str]:
    colours = {int(kind): colour for kind, (_, colour, _) in COLOURS.items()}
    return {int(label): colours[int(kind)] for label, kind in zip(labels, kinds, strict=True)}
