"""What a page shows of segmented images: the images, and their tables as far as they are needed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.columns import possible
from cellseg.analysis.filters import Filters
from cellseg.batches.segmented_image import TRUTH, Found
from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.ui.shell.progress_bar import Tell


@dataclass(frozen=True)
class Results:
    """Segmented images that are looked at together.

    key : begins the keys of all widgets. name : what downloads are called after.
    founds : in their order; their names differ.
    model, options : that segmented them.
    """

    key: str
    name: str
    founds: tuple[Found, ...]
    model: Model
    options: PredictionOptions = field(default_factory=PredictionOptions)

    @property
    def names(self) -> list[str]:
        """Names of the images."""
        return [found.name for found in self.founds]

    @property
    def columns(self) -> list[str]:
        """The columns that can be filtered and plotted, those that any image has."""
        calibrated = all(found.pixel_size is not None for found in self.founds)
        channels = {found.channels for found in self.founds}
        found = [name for number in sorted(channels) for name in possible(number, calibrated)]
        return list(dict.fromkeys(found))


class Pixels(NamedTuple):
    """The arrays of an image, shared between runs: nobody writes into them.

    truth : the true cells, where they are known. version : another one where any array may be.
    """

    version: str
    image: Image
    labels: NDArray[np.int32]
    probability: NDArray[np.float32]
    truth: NDArray[np.int32] | None


@st.cache_resource(max_entries=2, show_spinner=False)
def _pixels(version: str, _found: Found) -> Pixels:
    return Pixels(version, _found.image(), _found.labels(), _found.probability(), _found.truth())


def pixels(found: Found) -> Pixels:
    """The arrays of an image, read once for the image that is open."""
    return _pixels(f"{found.version} {truth_version(found)}", found)


def truth_version(found: Found) -> int:
    """Another number whenever the true cells may be others; 0 where there are none."""
    try:
        return (found.folder / TRUTH).stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=64, show_spinner=False)
def _table(version: str, name: str, pixel_size: float | None, _found: Found) -> pd.DataFrame:
    return _found.table()


def table(found: Found) -> pd.DataFrame:
    """All cells of an image, measured once; nobody writes into it."""
    return _table(found.version, found.name, found.pixel_size, found)


def kept(found: Found, filters: Filters) -> pd.DataFrame:
    """The cells of an image that pass the filters."""
    of = table(found)
    return of[filters.keep(of)] if filters.clauses() else of


@st.cache_resource(max_entries=50_000, show_spinner=False)
def _count(
    version: str, pixel_size: float | None, asked: str, _found: Found, _filters: Filters
) -> int:
    return len(kept(_found, _filters))


def counts(founds: Iterable[Found], filters: Filters, tell: Tell | None = None) -> dict[str, int]:
    """Cells of each image that pass the filters; without filters nothing is measured."""
    if not filters.clauses():
        return {found.name: found.cells for found in founds}
    asked, listed = filters.model_dump_json(), list(founds)
    counted = {}
    for number, found in enumerate(listed):
        if tell:
            tell(number, len(listed), f"Measuring {found.name}, {number + 1} of {len(listed)}")
        counted[found.name] = _count(found.version, found.pixel_size, asked, found, filters)
    return counted


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole(images: tuple[tuple[str, str, float | None], ...]) -> list[pd.DataFrame]:
    """A place for one table; it is filled outside, where a bar may be shown meanwhile."""
    return []


def joined(founds: Iterable[Found], filters: Filters, tell: Tell) -> pd.DataFrame:
    """The cells of all images that pass the filters, as one table.

    Parameters
    ----------
    tell : says what is measured; see `waiting.bar`.
    """
    listed = list(founds)
    place = _whole(tuple((found.version, found.name, found.pixel_size) for found in listed))
    if not place:
        tables = []
        for number, found in enumerate(listed):
            tell(number, len(listed), f"Measuring {found.name}, {number + 1} of {len(listed)}")
            tables.append(table(found))
        with_cells = [part for part in tables if len(part)]
        place.append(pd.concat(with_cells or tables[:1], ignore_index=True))
    whole = place[0]
    return whole[filters.keep(whole)].reset_index(drop=True) if filters.clauses() else whole
