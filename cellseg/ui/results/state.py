"""The segmented images that a page shows, with their arrays and tables, which are cached."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.columns import expected_columns
from cellseg.analysis.filters import Filters
from cellseg.batches.segmented_image import TRUTH, SegmentedImage
from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.ui.shell.progress_bar import Report


@dataclass(frozen=True)
class Results:
    """Segmented images that a page shows together.

    key : prefix of the keys of all widgets. name : part of the names of downloads.
    images : in order of display; their names are unique.
    model, options : with which they were segmented.
    """

    key: str
    name: str
    images: tuple[SegmentedImage, ...]
    model: Model
    options: PredictionOptions = field(default_factory=PredictionOptions)

    @property
    def names(self) -> list[str]:
        """Names of the images."""
        return [segmented.name for segmented in self.images]

    @property
    def columns(self) -> list[str]:
        """The measurements that can be filtered and plotted, of any of the images.

        Columns in micrometres are among them only where every image has a pixel size.
        """
        calibrated = all(segmented.pixel_size is not None for segmented in self.images)
        channels = {segmented.channels for segmented in self.images}
        names = [
            name for number in sorted(channels) for name in expected_columns(number, calibrated)
        ]
        return list(dict.fromkeys(names))


class ShownArrays(NamedTuple):
    """The arrays of an image, shared between runs of the page and therefore read-only.

    truth : the ground truth as a label image (Y, X), if it is known.
    version : changes whenever one of the arrays does.
    """

    version: str
    image: Image
    labels: NDArray[np.int32]
    probability: NDArray[np.float32]
    truth: NDArray[np.int32] | None


@st.cache_resource(max_entries=2, show_spinner=False)
def _pixels(version: str, _segmented: SegmentedImage) -> ShownArrays:
    return ShownArrays(
        version,
        _segmented.image(),
        _segmented.labels(),
        _segmented.probability(),
        _segmented.truth(),
    )


def pixels(segmented: SegmentedImage) -> ShownArrays:
    """The arrays of an image, cached for the open image."""
    return _pixels(f"{segmented.version} {truth_version(segmented)}", segmented)


def truth_version(segmented: SegmentedImage) -> int:
    """A number that changes whenever the ground truth does; 0 if there is none."""
    try:
        return (segmented.folder / TRUTH).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=64, show_spinner=False)
def _table(
    version: str, name: str, pixel_size: float | None, _segmented: SegmentedImage
) -> pd.DataFrame:
    return _segmented.table()


def table(segmented: SegmentedImage) -> pd.DataFrame:
    """The measurements of all cells of an image, cached and therefore read-only."""
    return _table(segmented.version, segmented.name, segmented.pixel_size, segmented)


def kept(segmented: SegmentedImage, filters: Filters) -> pd.DataFrame:
    """The cells of an image that pass the filters."""
    cells = table(segmented)
    return cells[filters.keep(cells)] if filters.clauses() else cells


@st.cache_resource(max_entries=50_000, show_spinner=False)
def _count(
    version: str,
    pixel_size: float | None,
    conditions: str,
    _segmented: SegmentedImage,
    _filters: Filters,
) -> int:
    return len(kept(_segmented, _filters))


def counts(
    images: Iterable[SegmentedImage], filters: Filters, report: Report | None = None
) -> dict[str, int]:
    """The number of cells of each image that pass the filters.

    Without filters nothing is measured.
    """
    if not filters.clauses():
        return {segmented.name: segmented.cells for segmented in images}
    conditions, listed = filters.model_dump_json(), list(images)
    counted = {}
    for number, segmented in enumerate(listed):
        if report:
            report(
                number, len(listed), f"Measuring {segmented.name}, {number + 1} of {len(listed)}"
            )
        counted[segmented.name] = _count(
            segmented.version, segmented.pixel_size, conditions, segmented, filters
        )
    return counted


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole(images: tuple[tuple[str, str, float | None], ...]) -> list[pd.DataFrame]:
    """A cached list for one table; `table_of_all` fills it: a cached function shows no bar."""
    return []


def table_of_all(
    images: Iterable[SegmentedImage], filters: Filters, report: Report
) -> pd.DataFrame:
    """The cells of all images that pass the filters, as one table.

    Parameters
    ----------
    report : progress, see `progress_bar.delayed`.
    """
    listed = list(images)
    place = _whole(
        tuple((segmented.version, segmented.name, segmented.pixel_size) for segmented in listed)
    )
    if not place:
        tables = []
        for number, segmented in enumerate(listed):
            report(
                number, len(listed), f"Measuring {segmented.name}, {number + 1} of {len(listed)}"
            )
            tables.append(table(segmented))
        with_cells = [part for part in tables if len(part)]
        place.append(pd.concat(with_cells or tables[:1], ignore_index=True))
    whole = place[0]
    return whole[filters.keep(whole)].reset_index(drop=True) if filters.clauses() else whole
