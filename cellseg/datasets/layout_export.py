"""Export of a dataset in the layout of StarDist or Cellpose, or with its original masks."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cellseg.datasets.dataset import RECORD, Dataset
from cellseg.errors import CellsegError
from cellseg.images.writing import label_tiff_bytes, mask_tiff_bytes, tiff_bytes
from cellseg.workspace import disk_errors, slug

ExportLayout = Literal["stardist", "cellpose", "plain"]
LAYOUTS: dict[ExportLayout, str] = {
    "stardist": "Folders images and masks; masks are 16-bit label images; TIFF.",
    "cellpose": "NAME.tif beside NAME_masks.tif; masks are 16-bit label images; TIFF.",
    "plain": "Folders images and masks with the original values, and dataset.json.",
}
MAX_LABEL = np.iinfo(np.uint16).max

Progress = Callable[[int, int, str], None]


def write_zip(
    dataset: Dataset, target: Path, layout: ExportLayout, progress: Progress | None = None
) -> Path:
    """Write all pairs to a zip; an existing zip is replaced when the new one is complete.

    Pairs go to `train/` and `test/` where there are test pairs. Images keep their values but not
    the names of channels; masks of `stardist` and `cellpose` are label images, uint16.

    Raises
    ------
    CellsegError
        Where the disk is full or cannot be written, or an image has more than 65,535 cells.
    """
    unfinished = target.with_suffix(".part")
    try:
        with disk_errors(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
                for name, content in _files(dataset, layout, progress):
                    archive.writestr(f"{target.stem}/{name}", content)
            unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def zip_name(dataset: Dataset, layout: ExportLayout) -> str:
    """File name of the zip, such as `nuclei_stardist.zip`."""
    return f"{slug(dataset.name) or 'dataset'}_{layout}.zip"


def _files(
    dataset: Dataset, layout: ExportLayout, progress: Progress | None
) -> Iterator[tuple[str, bytes]]:
    """Name, with `/`, and content of each file."""
    tests = set(dataset.split.test)
    for done, pair in enumerate(dataset.pairs):
        if progress:
            progress(done, len(dataset.pairs), pair.image_name)
        side = ("test/" if pair.name in tests else "train/") if tests else ""
        image = replace(dataset.image(pair.name), channel_names=())
        if layout == "plain":
            mask = mask_tiff_bytes(dataset.mask(pair.name))
        else:
            mask = _labels16(dataset.labels(pair.name), pair.mask_name)
        if layout == "cellpose":
            names = f"{side}{pair.name}.tif", f"{side}{pair.name}_masks.tif"
        else:
            names = f"{side}images/{pair.name}.tif", f"{side}masks/{pair.name}.tif"
        yield from zip(names, (tiff_bytes(image), mask), strict=True)
    if layout == "plain":
        yield RECORD, (dataset.folder / RECORD).read_bytes()
    if progress:
        progress(len(dataset.pairs), len(dataset.pairs), "")


def _labels16(labels: NDArray[np.integer], name: str) -> bytes:
    highest = int(labels.max(initial=0))
    if highest > MAX_LABEL:
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
        highest = int(labels.max())
    if highest > MAX_LABEL:
        raise CellsegError(
            f"The mask {name} has {highest:,} cells; this layout allows {MAX_LABEL:,} in an image; "
            "export the layout `plain`, or crop the image."
        )
    return label_tiff_bytes(labels.astype(np.uint16))
