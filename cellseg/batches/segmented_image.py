"""A segmented image in a folder of its own: the image, its labels, probability and table."""

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray
from pydantic import ValidationError

from cellseg.analysis.measurements import measure
from cellseg.config import Frozen
from cellseg.errors import CellsegError
from cellseg.images.image import Axes, Image
from cellseg.images.view import View
from cellseg.recipes.base import Precision
from cellseg.workspace import (
    disk_errors,
    read_json,
    write_bytes,
    write_json,
)

FACTS = "facts.json"
IMAGE, LABELS, PROBABILITY, TRUTH = "image.tif", "labels.tif", "probability.tif", "truth.tif"
TABLE = "table.npz"
PIXEL_SIZE = " pixel size"
"""In the table's file; no column begins with a space."""


class SegmentedImageFacts(Frozen):
    """What facts.json holds; it is written last, so that a folder without it is unfinished.

    channel_names : of the image. share : of the pixels that are foreground, 0 to 1.
    pixel_size_file : side of a pixel in µm, as the file says.
    pixel_size_entered : as the user entered it, in results of earlier versions; today it belongs
        to the batch, and is applied when an image is read.
    seconds : for finding the cells. warnings : sentences about the image.
    view : what was taken of the file; None where that is not known, or it is of a dataset.
    precision : of the arithmetic of the network; None where that is not known.
    """

    name: str
    height: int
    width: int
    axes: Axes
    channels: int
    channel_names: tuple[str, ...] = ()
    cells: int
    share: float
    pixel_size_entered: float | None = None
    pixel_size_file: float | None = None
    seconds: float
    warnings: tuple[str, ...] = ()
    view: View | None = None
    precision: Precision | None = None


@dataclass(frozen=True)
class SegmentedImage:
    """An image that a model has segmented; its arrays are in `folder` and are read when needed.

    name : of the file, with the suffix of the image in a stack, and with its folder where it came
        from one.
    cells : in the label image, before any filter.
    share : of the pixels that are foreground, 0 to 1.
    pixel_size : side of a pixel in µm; see `with_pixel_size`. None where it is not known.
    seconds : for finding the cells. warnings : sentences about the image.
    view : what was taken of the file; None where that is not known, or it is of a dataset.
    precision : of the arithmetic of the network; None where that is not known.
    """

    name: str
    folder: Path
    height: int
    width: int
    channels: int
    cells: int
    share: float
    pixel_size: float | None
    seconds: float
    warnings: tuple[str, ...]
    view: View | None
    precision: Precision | None

    @property
    def has_truth(self) -> bool:
        """Whether the true cells are known."""
        return (self.folder / TRUTH).exists()

    @property
    def version(self) -> str:
        """Text that changes whenever the pixels of the image or of the labels may change."""
        try:
            return f"{self.folder}:{(self.folder / FACTS).stat().st_mtime_ns}"
        except OSError:
            raise _gone(self.name) from None

    def image(self) -> Image:
        """The image, in its own dtype."""
        facts = self._facts()
        pixels = self._read(IMAGE)
        return Image(pixels, facts.axes, facts.channel_names, facts.pixel_size_file)

    def labels(self) -> NDArray[np.int32]:
        """Its cells, int32 (Y, X); 0 is background."""
        return self._read(LABELS).astype(np.int32)

    def probability(self) -> NDArray[np.float32]:
        """Probability of foreground, float32 (Y, X), 0 to 1."""
        return self._read(PROBABILITY)

    def truth(self) -> NDArray[np.int32] | None:
        """The true cells, int32 (Y, X), 0 is background; None where they are not known."""
        return self._read(TRUTH).astype(np.int32) if self.has_truth else None

    def set_truth(self, labels: NDArray[np.integer] | None) -> None:
        """Keep the true cells (Y, X), or forget them.

        Raises
        ------
        CellsegError
            Where they have another size than the image.
        """
        if labels is None:
            with disk_errors(self.folder):
                (self.folder / TRUTH).unlink(missing_ok=True)
            return
        if labels.shape != (self.height, self.width):
            raise CellsegError(
                f"The ground-truth mask of {self.name} has {labels.shape[0]} x {labels.shape[1]} "
                f"pixels, the image {self.height} x {self.width}; add the mask that was drawn on "
                "this image."
            )
        write_bytes(self.folder / TRUTH, array_tiff(labels))

    def with_pixel_size(self, micrometres: float | None) -> "SegmentedImage":
        """The same image with the side of a pixel in µm as the user entered it, or None.

        What the user entered goes before what the file says: for every image of a page, a batch
        or a command alike. The size that the file says is kept beside it, and counts again where
        nothing is entered.
        """
        return replace(
            self, pixel_size=valid_pixel_size(micrometres, self._facts().pixel_size_file)
        )

    def table(self) -> pd.DataFrame:
        """One row a cell, as `measurements.measure` gives it; computed once and kept.

        It holds the shapes, the intensities of the image, the score, and where the pixel size is
        known the columns in micrometres.
        """
        path = self.folder / TABLE
        known = _read_table(path, self.name, self.pixel_size)
        if known is not None:
            return known
        table = measure(
            self.labels(),
            self.image().pixels,
            image=self.name,
            pixel_size=self.pixel_size,
            probability=self.probability(),
        )
        _write_table(path, table, self.pixel_size)
        return table

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The image of a folder; None where none is finished there."""
        try:
            facts = _facts(folder / FACTS, (folder / FACTS).stat().st_mtime_ns)
        except (OSError, ValidationError):
            return None
        return cls.of(facts, folder)

    @classmethod
    def of(cls, facts: SegmentedImageFacts, folder: Path) -> Self:
        """The image of a folder with these facts."""
        return cls(
            facts.name,
            folder,
            facts.height,
            facts.width,
            facts.channels,
            facts.cells,
            facts.share,
            valid_pixel_size(facts.pixel_size_entered, facts.pixel_size_file),
            facts.seconds,
            facts.warnings,
            facts.view,
            facts.precision,
        )

    def _facts(self) -> SegmentedImageFacts:
        path = self.folder / FACTS
        try:
            return _facts(path, path.stat().st_mtime_ns)
        except (OSError, ValidationError):
            raise _gone(self.name) from None

    def _read(self, name: str) -> NDArray[Any]:
        try:
            return read_array_tiff(self.folder / name)
        except MemoryError:
            raise
        except Exception:  # libraries say all kinds of things of damaged bytes
            raise _gone(self.name) from None


def valid_pixel_size(entered: float | None, of_file: float | None) -> float | None:
    """The side of a pixel in µm that counts; see `SegmentedImage.with_pixel_size`."""
    return of_file if entered is None else entered


def rename(folder: Path, name: str) -> None:
    """Give the image in a folder another name."""
    facts = SegmentedImageFacts.model_validate(read_json(folder / FACTS))
    write_json(folder / FACTS, facts.model_copy(update={"name": name}).model_dump(mode="json"))


def array_tiff(array: NDArray[Any]) -> bytes:
    """An array (Y, X) or (Y, X, 3) as a TIFF file, without loss and fast; labels as uint16 or 32.

    Zstandard takes a tenth of a second where deflate takes half of one (4096 x 4096, float32).
    """
    if array.dtype.kind == "i":
        deep = array.size and array.max() > np.iinfo(np.uint16).max
        array = array.astype(np.uint32 if deep else np.uint16)
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        np.ascontiguousarray(array),
        photometric="rgb" if array.ndim == 3 else "minisblack",
        compression="zstd",
        compressionargs={"level": 1},
        rowsperstrip=256,
        metadata=None,
        software=False,
    )
    return buffer.getvalue()


def read_array_tiff(path: Path) -> NDArray[Any]:
    """The array of a file that `array_tiff` made."""
    array: NDArray[Any] = tifffile.imread(path)
    return array


@lru_cache(maxsize=50_000)
def _facts(path: Path, changed: int) -> SegmentedImageFacts:
    return SegmentedImageFacts.model_validate(read_json(path))


def _write_table(path: Path, table: pd.DataFrame, pixel_size: float | None) -> None:
    names = [name for name in table.columns if name != "image"]
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in names}
    buffer = io.BytesIO()
    size = np.float64(math.nan if pixel_size is None else pixel_size)
    np.savez_compressed(buffer, **{PIXEL_SIZE: size, **columns})
    write_bytes(path, buffer.getvalue())


def _read_table(path: Path, image: str, pixel_size: float | None) -> pd.DataFrame | None:
    """The kept table, if it was measured with this pixel size."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            columns = dict(_arrays(kept))
        size = float(columns.pop(PIXEL_SIZE))
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    if size != pixel_size and not (math.isnan(size) and pixel_size is None):
        return None
    names = np.full(columns["label"].size, image, dtype=object)
    return pd.DataFrame({"image": pd.Series(names, dtype="str"), **columns})


def _arrays(kept: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    for name in kept.files:
        yield name, kept[name]


def _gone(name: str) -> CellsegError:
    return CellsegError(f"The results of {name} are gone or damaged; segment the image again.")
