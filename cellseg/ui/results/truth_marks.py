"""What became of each cell beside the truth, and in which colour the picture shows it."""

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
    Outcome.FOUND: ("Found", "#009E73", "matched one to one"),
    Outcome.MISSED: ("Missed", "#D55E00", "in the truth alone"),
    Outcome.FALSE: ("False", "#F0E442", "in the prediction alone"),
    Outcome.SPLIT: ("Split", "#56B4E9", "one cell that was found as several"),
    Outcome.MERGED: ("Merged", "#CC79A7", "several cells that were found as one"),
}
"""Name, colour (apart for colour-blind eyes, Okabe & Ito 2008) and meaning of each kind."""


@st.cache_resource(max_entries=3000, show_spinner=False)
def _compared(version: str, name: str, drawn: int, _segmented: SegmentedImage) -> Comparison:
    true = _segmented.truth()
    assert true is not None
    return compare(name, true, _segmented.labels())


def compared(segmented: SegmentedImage, filters: Filters) -> Comparison:
    """An image beside its truth; cells that the filters leave out count as not found."""
    drawn = state.truth_version(segmented)
    whole = _compared(segmented.version, segmented.name, drawn, segmented)
    if not filters.clauses():
        return whole
    return with_cells(whole, state.kept(segmented, filters)["label"].to_numpy())


def threshold(key: str) -> float:
    """The IoU from which a cell counts as found, as it was last chosen."""
    return float(st.session_state.get(f"{key}-truth-iou", 0.5))


def became(segmented: SegmentedImage, filters: Filters, at: float) -> Outcomes:
    """What became of every cell of an image at an IoU threshold."""
    return cell_outcomes(compared(segmented, filters).overlaps, at)


def marks(results: Results, segmented: SegmentedImage, filters: Filters) -> Marks | None:
    """A colour for each predicted and each true cell; None where they are not asked for."""
    if not segmented.has_truth or not st.session_state.get(f"{results.key}-truth-map", True):
        return None
    found_kinds = became(segmented, filters, threshold(results.key))
    return Marks(
        _coloured(found_kinds.predicted, found_kinds.predicted_outcomes),
        _coloured(found_kinds.truth, found_kinds.truth_outcomes),
        {colour: name for name, colour, _ in COLOURS.values()},
    )


def _coloured(labels: NDArray, kinds: NDArray) -> dict[int, str]:
    colours = {int(kind): colour for kind, (_, colour, _) in COLOURS.items()}
    return {int(label): colours[int(kind)] for label, kind in zip(labels, kinds, strict=True)}
