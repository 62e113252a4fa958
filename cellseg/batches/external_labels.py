"""Label images of any origin: measured on their images, scored against the truth."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellseg.analysis.comparison import Comparison, compare
from cellseg.analysis.measurements import measure
from cellseg.batches.inputs import ENDINGS, images
from cellseg.batches.segmented_image import valid_pixel_size
from cellseg.batches.segmenting import readable_errors
from cellseg.datasets.intake.pairing import pair_separate
from cellseg.datasets.masks import (
    MaskEncoding,
    decide_kind,
    labels,
    mask_facts,
    soft_foreground,
)
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.reading import several_images_message
from cellseg.images.selection import remarks
from cellseg.images.view import View
from cellseg.limits import Limits

Progress = Callable[[int, int, str], None]
_BLACK_AND_WHITE = {1, 255}


class PairedFiles(NamedTuple):
    """Files of two folders that belong together.

    pairs : in the order of names in the first folder.
    unpaired : a sentence for each folder with files that have no partner.
    """

    pairs: list[tuple[Path, Path]]
    unpaired: list[str]


def paired(first: Path, second: Path) -> PairedFiles:
    """Find the files of two folders that belong together by name.

    Names are the same, or differ in words such as `_labels` and `_mask`. Of a folder with what
    `segment` wrote the label images count alone.

    Raises
    ------
    CellsegError
        Where a folder is missing or holds no image, or no two files belong together.
    """
    files = [{path.name: path for path in _label_files(folder)} for folder in (first, second)]
    paired_names = pair_separate(*map(list, files))
    if not paired_names.pairs:
        raise CellsegError(
            f"No file name in {first} matches a file name in {second}; use equal names, or names "
            "such as a.tif and a_labels.tif."
        )
    unpaired = _unpaired(paired_names.images_without_mask, first, second)
    unpaired += _unpaired(paired_names.masks_without_image, second, first)
    place = {name: number for number, name in enumerate(files[0])}
    pairs = sorted(paired_names.pairs, key=lambda one: place[one.image])
    return PairedFiles([(files[0][one.image], files[1][one.mask]) for one in pairs], unpaired)


def measured(
    pairs: Sequence[tuple[Path, Path]],
    pixel_size: float | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    view: View | None = None,
) -> Iterator[tuple[Path, pd.DataFrame | str, list[str]]]:
    """Measure label images beside their images.

    Parameters
    ----------
    pairs : image and label image.
    pixel_size : side of a pixel in µm as entered; see `SegmentedImage.with_pixel_size`.
    progress : called with (pairs done, pairs in all, name of the next).
    view : what is taken of each image file; one image.

    Yields
    ------
    The image's path, the table of its cells or a sentence where there is none, and remarks about
    what was taken of its file.
    """
    view = view or View()
    with _decoder(limits) as decoder:
        encoding = _encoding([mask for _, mask in pairs], decoder)
        for image_path, mask_path in _reported(pairs, progress):
            try:
                with readable_errors(image_path.name, "measured"):
                    image, warnings = _image(image_path, view, decoder)
                    label_image = _labels(mask_path, encoding, decoder)
                    _check(label_image.shape, (image.height, image.width), mask_path, image_path)
                    size = valid_pixel_size(pixel_size, image.pixel_size_um)
                    table = measure(
                        label_image, image.pixels, image=image_path.name, pixel_size=size
                    )
            except CellsegError as error:
                yield image_path, str(error), []
            else:
                yield image_path, table, warnings


def scored(
    pairs: Sequence[tuple[Path, Path]],
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Iterator[Comparison | str]:
    """Compare predicted with true label images; a sentence takes the place of what cannot be.

    Parameters
    ----------
    pairs : truth and prediction; each side is read by what the values of all its masks mean.
    progress : called with (pairs done, pairs in all, name of the next).
    """
    with _decoder(limits) as decoder:
        encodings = [_encoding([pair[side] for pair in pairs], decoder) for side in (0, 1)]
        for paths in _reported(pairs, progress):
            try:
                with readable_errors(paths[0].name, "scored"):
                    truth, predicted = (
                        _labels(path, encoding, decoder)
                        for path, encoding in zip(paths, encodings, strict=True)
                    )
                    _check(predicted.shape, truth.shape, paths[1], paths[0])
                    compared = compare(paths[0].name, truth, predicted)
            except CellsegError as error:
                yield str(error)
            else:
                yield compared


def _unpaired(names: Sequence[str], folder: Path, other: Path) -> list[str]:
    """A sentence about the files of a folder without a partner in the other, if there are any."""
    if not names:
        return []
    if len(names) == 1:
        return [f"{folder / names[0]} has no matching file in {other} and was skipped."]
    return [
        f"{len(names)} files of {folder} have no matching file in {other} and were skipped: "
        f"{names[0]} and others."
    ]


def _decoder(limits: Limits | None) -> Decoder:
    limits = limits or Limits()
    return Decoder(limits.file_seconds, limits.image_pixels)


def _reported(
    pairs: Sequence[tuple[Path, Path]], progress: Progress | None
) -> Iterator[tuple[Path, Path]]:
    for done, pair in enumerate(pairs):
        if progress:
            progress(done, len(pairs), pair[0].name)
        yield pair
    if progress:
        progress(len(pairs), len(pairs), "")


def _encoding(masks: Sequence[Path], decoder: Decoder) -> MaskEncoding:
    """Whether masks are black and white, so that touching pixels are a cell, or label images.

    The number of the cell distinguishes label images of a single cell each from black and white
    masks, unless it is 1 or 255; then the two differ only where a cell has several parts.
    """
    facts = []
    for path in masks:
        try:
            facts.append(mask_facts(decoder.mask(path)))
        except CellsegError:  # reported when it is read again
            continue
    if not facts or decide_kind(facts) != "binary":
        return MaskEncoding("labels")
    soft = soft_foreground(facts)
    marks = {value for mask in facts for value in mask.values} - {0}
    return (
        MaskEncoding("binary", soft)
        if soft or marks <= _BLACK_AND_WHITE
        else MaskEncoding("labels")
    )


def _image(path: Path, view: View, decoder: Decoder) -> tuple[Image, list[str]]:
    """The one image that the choice makes of a file, and remarks about what was taken of it."""
    decoded = decoder.decode(path, view=view)
    if decoded.count > 1:
        raise CellsegError(several_images_message(path.name))
    ((_, image),) = decoded.images
    return image, remarks(decoded.facts, view, path.name)


def _labels(path: Path, encoding: MaskEncoding, decoder: Decoder) -> NDArray[np.integer]:
    return labels(decoder.mask(path, view=View()), encoding.kind, encoding.foreground)


def _check(found: tuple[int, ...], needed: tuple[int, ...], path: Path, other: Path) -> None:
    if found != needed:
        raise CellsegError(
            f"{path.name} has {found[0]} x {found[1]} pixels and {other.name} {needed[0]} x "
            f"{needed[1]}; the two images must have the same size."
        )


def _label_files(folder: Path) -> list[Path]:
    """The image files of a folder; of what `segment` wrote beside label images nothing else."""
    if not folder.is_dir():
        raise CellsegError(f"{folder} is no folder; give the folder that holds the images.")
    found = images(folder)
    stems = {
        path.name.removesuffix(ENDINGS["labels"])
        for path in found
        if path.name.endswith(ENDINGS["labels"])
    }
    others = {
        f"{stem}{ending}" for stem in stems for kind, ending in ENDINGS.items() if kind != "labels"
    }
    return [path for path in found if path.name not in others]
