"""Statistics of a dataset: counts, diameters and intensities of all pairs."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cellseg.config import Frozen
from cellseg.datasets.dataset import Dataset
from cellseg.workspace import read_json, write_json

FILE = "statistics.json"
"""Beside `dataset.json`; made again where the pairs have changed."""

VERSION = 1
BINS = 64
SAMPLED_PIXELS = 2_000_000
"""Approximate number of pixels of all images together in the intensity histograms."""

Progress = Callable[[int, int, str], None]


class Histogram(Frozen):
    """A histogram of intensities.

    dtype : of the images.
    channel : `grey`, `red`, `green` or `blue`.
    edges : of the bins, one more than counts.
    """

    dtype: str
    channel: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class ObjectFacts(Frozen):
    """The cells of one pair.

    diameters : of circles of equal area, 2 sqrt(area / pi), in pixels, rounded to 0.1.
    covered : share of the pixels in cells, 0 to 1.
    pixel_size_um : side of a pixel in µm; None where it is unknown.
    """

    name: str
    diameters: tuple[float, ...]
    covered: float
    pixel_size_um: float | None = None


class Statistics(Frozen):
    """The statistics of a dataset, stored in `statistics.json`."""

    version: int = VERSION
    fingerprint: str
    objects: tuple[ObjectFacts, ...]
    intensities: tuple[Histogram, ...]

    @property
    def diameters(self) -> NDArray[np.float64]:
        """Diameters of all cells, in pixels."""
        return np.array([one for pair in self.objects for one in pair.diameters], np.float64)

    @property
    def pixel_sizes(self) -> list[float]:
        """Distinct pixel sizes in µm, ascending, where known."""
        return sorted({pair.pixel_size_um for pair in self.objects if pair.pixel_size_um})

    @property
    def counts(self) -> list[int]:
        """Number of cells of each pair."""
        return [len(pair.diameters) for pair in self.objects]


def stored(dataset: Dataset) -> Statistics | None:
    """The stored statistics; None without any, or where the dataset has changed since."""
    content = read_json(dataset.folder / FILE)
    try:
        found = Statistics.model_validate(content)
    except ValidationError:
        return None
    fits = found.version == VERSION and found.fingerprint == dataset.fingerprint
    return found if fits else None


def measure(dataset: Dataset, progress: Progress | None = None) -> Statistics:
    """Measure all pairs and store the statistics beside the dataset.

    Parameters
    ----------
    progress : called with (pairs done, number of pairs, name).

    Raises
    ------
    CellsegError
        Where a file of the dataset is missing or the disk cannot be written.
    """
    objects = []
    samples: dict[tuple[str, str], list[NDArray]] = {}
    per_image = max(1000, SAMPLED_PIXELS // max(1, len(dataset.pairs)))
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
            samples.setdefault((pair.dtype, channel), []).append(_sample(plane, per_image))
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


def _sample(plane: NDArray, max_pixels: int) -> NDArray:
    """Pixels on a regular grid over the whole image."""
    step = max(1, int(np.ceil(np.sqrt(plane.size / max_pixels))))
    return plane[::step, ::step].ravel()


def _histogram(dtype: str, channel: str, values: NDArray) -> Histogram:
    low, high = (0.0, 256.0) if dtype == "uint8" else (float(values.min()), float(values.max()))
    if high <= low:
        high = low + 1
    counts, edges = np.histogram(values, BINS, (low, high))
    return Histogram(
        dtype=dtype, channel=channel, edges=tuple(edges.tolist()), counts=tuple(counts.tolist())
    )
