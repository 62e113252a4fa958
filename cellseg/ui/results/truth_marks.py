"""What became of each cell beside the truth, and in which colour the picture shows it."""

import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.comparison import Comparison, compare, restricted
from cellseg.analysis.differences import Differences, Kind, differences
from cellseg.analysis.filters import Filters
from cellseg.batches.segmented_image import Found
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.viewer.cells_view import Marks

COLOURS: dict[Kind, tuple[str, str, str]] = {
    Kind.FOUND: ("Found", "#009E73", "matched one to one"),
    Kind.MISSED: ("Missed", "#D55E00", "in the truth alone"),
    Kind.FALSE: ("False", "#F0E442", "in the prediction alone"),
    Kind.SPLIT: ("Split", "#56B4E9", "one cell that was found as several"),
    Kind.MERGED: ("Merged", "#CC79A7", "several cells that were found as one"),
}
"""Name, colour (apart for colour-blind eyes, Okabe & Ito 2008) and meaning of each kind."""


@st.cache_resource(max_entries=3000, show_spinner=False)
def _compared(version: str, name: str, drawn: int, _found: Found) -> Comparison:
    true = _found.truth()
    assert true is not None
    return compare(name, true, _found.labels())


def compared(found: Found, filters: Filters) -> Comparison:
    """An image beside its truth; cells that the filters leave out count as not found."""
    drawn = state.truth_version(found)
    whole = _compared(found.version, found.name, drawn, found)
    if not filters.clauses():
        return whole
    return restricted(whole, state.kept(found, filters)["label"].to_numpy())


def threshold(key: str) -> float:
    """The IoU from which a cell counts as found, as it was last chosen."""
    return float(st.session_state.get(f"{key}-truth-iou", 0.5))


def became(found: Found, filters: Filters, at: float) -> Differences:
    """What became of every cell of an image at an IoU threshold."""
    return differences(compared(found, filters).overlaps, at)


def marks(results: Results, found: Found, filters: Filters) -> Marks | None:
    """A colour for each predicted and each true cell; None where they are not asked for."""
    if not found.has_truth or not st.session_state.get(f"{results.key}-truth-map", True):
        return None
    found_kinds = became(found, filters, threshold(results.key))
    return Marks(
        _coloured(found_kinds.predicted, found_kinds.predicted_kinds),
        _coloured(found_kinds.truth, found_kinds.truth_kinds),
        {colour: name for name, colour, _ in COLOURS.values()},
    )


def _coloured(labels: NDArray, kinds: NDArray) -> dict[int, str]:
    colours = {int(kind): colour for kind, (_, colour, _) in COLOURS.items()}
    return {int(label): colours[int(kind)] for label, kind in zip(labels, kinds, strict=True)}
