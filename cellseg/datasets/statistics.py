"""What a dataset's card tells: counts, sizes, diameters and intensities over all its pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cellseg.config import Frozen
from cellseg.datasets.dataset import Dataset
from cellseg.workspace import read_json, write_json

FILE = "statistics.json"
"""Beside `dataset.json`; made anew where the pairs have changed."""

VERSION = 1
BINS = 64
SAMPLED_PIXELS = 2_000_000
"""About so many pixels of all images together make the intensity histograms."""

Progress = Callable[[int, int, str], None]


class Histogram(Frozen):
    """Counts between `edges`, of which there is one more.

    dtype : of the images counted. channel : `grey`, `red`, `green` or `blue`.
    """

    dtype: str
    channel: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class ObjectFacts(Frozen):
    """The objects of one pair.

    diameters : of circles with the objects' areas, 2 sqrt(area / pi), pixels, rounded to 0.1.
    covered : share of the pixels that are object, 0 to 1.
    pixel_size_um : side of a pixel in µm, None where the file did not say.
    """

    name: str
    diameters: tuple[float, ...]
    covered: float
    pixel_size_um: float | None = None


class Statistics(Frozen):
    """The numbers of a dataset's card; see the module."""

    version: int = VERSION
    fingerprint: str
    objects: tuple[ObjectFacts, ...]
    intensities: tuple[Histogram, ...]

    @property
    def diameters(self) -> NDArray[np.float64]:
        """Of all objects, pixels."""
        return np.array([one for pair in self.objects for one in pair.diameters], np.float64)

    @property
    def pixel_sizes(self) -> list[float]:
        """The distinct sides of a pixel in µm, as far as the files say them."""
        return sorted({pair.pixel_size_um for pair in self.objects if pair.pixel_size_um})

    @property
    def counts(self) -> list[int]:
        """Objects of each pair."""
        return [len(pair.diameters) for pair in self.objects]


def known(dataset: Dataset) -> Statistics | None:
    """The statistics that were made before, if they belong to the dataset as it is."""
    content = read_json(dataset.folder / FILE)
    try:
        found = Statistics.model_validate(content)
    except ValidationError:
        return None
    fits = found.version == VERSION and found.fingerprint == dataset.fingerprint
    return found if fits else None


def measure(dataset: Dataset, progress: Progress | None = None) -> Statistics:
    """Measure every pair, and keep the result beside the dataset.

    Parameters
    ----------
    progress : called with (pairs done, pairs in all, name).

    Raises
    ------
    CellsegError
        Where a file of the dataset is gone or the disk cannot be written.
    """
    objects = []
    samples: dict[tuple[str, str], list[NDArray]] = {}
    each = max(1000, SAMPLED_PIXELS // max(1, len(dataset.pairs)))
    for done, pair in enumerate(dataset.pairs):
        if progress:
            progress(done, len(dataset.pairs), pair.image_name)
        image = dataset.image(pair.name)
        objects.append(_objects(pair.name, dataset.labels(pair.name), image.pixel_size_um))
        pixels = image.pixels
        planes = {"grey": pixels}
        if pixels.ndim == 3:
            planes = {c: pixels[..., n] for n, c in enumerate(("red", "green", "blue"))}
        for channel, plane in planes.items():
            samples.setdefault((pair.dtype, channel), []).append(_sample(plane, each))
    found = Statistics(
        fingerprint=dataset.fingerprint,
        objects=tuple(objects),
        intensities=tuple(
            _histogram(dtype, channel, np.concatenate(parts))
            for (dtype, channel), parts in samples.items()
        ),
    )
    write_json(dataset.folder / FILE, found.model_dump(mode="json"))
    return found


def _objects(name: str, labels: NDArray[np.integer], size: float | None) -> ObjectFacts:
    _, areas = np.unique(labels[labels > 0], return_counts=True)
    diameters = np.round(2 * np.sqrt(areas / np.pi), 1)
    return ObjectFacts(
        name=name,
        diameters=tuple(diameters.tolist()),
        covered=round(float(areas.sum() / max(1, labels.size)), 6),
        pixel_size_um=size,
    )


def _sample(plane: NDArray, most: int) -> NDArray:
    """Pixels on a regular grid, so that all of the image is represented."""
    step = max(1, int(np.ceil(np.sqrt(plane.size / most))))
    return plane[::step, ::step].ravel()


def _histogram(dtype: str, channel: str, values: NDArray) -> Histogram:
    low, high = (0.0, 256.0) if dtype == "uint8" else (float(values.min()), float(values.max()))
    if high <= low:
        high = low + 1
    counts, edges = np.histogram(values, BINS, (low, high))
    return Histogram(
        dtype=dtype, channel=channel, edges=tuple(edges.tolist()), counts=tuple(counts.tolist())
    )
