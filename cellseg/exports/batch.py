"""Segment many image files into one folder: labels and an overlay for each."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.config import Preprocessing
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.reading import EXTENSIONS
from cellseg.images.scaling import to_rgb8
from cellseg.images.view import View
from cellseg.images.writing import label_tiff_bytes, png_bytes
from cellseg.limits import Limits
from cellseg.segmentation.instances import connected_components, mask_of
from cellseg.workspace import disk_errors, write_bytes

LABELS = "_labels.tif"
OVERLAY = "_overlay.png"


class Maps(Protocol):
    """What segmenting needs of a predictor: see `cellseg.segmentation.predictor.Predictor`."""

    settings: Preprocessing

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image at its own size; float32 (Y, X)."""


def inputs(paths: Sequence[Path], output: Path) -> list[Path]:
    """The image files that are meant: each file itself, and what lies directly in each folder.

    Raises
    ------
    CellsegError
        Where a path is missing, a folder holds no image, two files share a stem (upper and lower
        case count as one), or a result would take the place of an input.
    """
    files = [file for path in paths for file in _images(path)]
    by_stem: dict[str, Path] = {}
    for file in files:
        other = by_stem.setdefault(file.stem.casefold(), file)
        if other is not file:
            raise CellsegError(
                f"{other} and {file} would both become {file.stem}{LABELS}; rename one of them or "
                "segment them into different folders."
            )
    taken = {file.absolute() for file in files}
    for file in files:
        for target in _targets(file, output):
            if target.absolute() in taken:
                raise CellsegError(
                    f"The result of {file} would take the place of the input {target}; choose "
                    "another output folder."
                )
    return files


def segment(
    predictor: Maps,
    files: Sequence[Path],
    output: Path,
    progress: Callable[[int, int, str], None],
    view: View | None = None,
    limits: Limits | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Write labels and an overlay of each image; a file that cannot be read stops no other.

    Parameters
    ----------
    view : what is taken of each file; where that is several images, each has its plane or time
        point in its name, as STEM_z03.
    limits : of one file.
    progress : called with (files done, files in all, name of the next file).

    Returns
    -------
    A record for each image (`image`, `cells`, `labels`, `overlay`; of a stack also `plane`), and a
    sentence for each file that was left out.
    """
    with disk_errors(output):
        output.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = []
    left_out: list[str] = []
    taken: set[str] = set()
    limits = limits or Limits()
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        for done, file in enumerate(files):
            progress(done, len(files), file.name)
            try:
                for suffix, image in decoder.images(file, view=view):
                    stem = f"{file.stem}{suffix}"
                    if stem.casefold() in taken:
                        raise CellsegError(
                            f"{file.name} would become {stem}{LABELS} like another image; rename "
                            "it or segment it into another folder."
                        )
                    taken.add(stem.casefold())
                    records.append(_segment_one(predictor, image, file, suffix, output))
            except CellsegError as error:
                left_out.append(str(error))
    progress(len(files), len(files), "")
    return records, left_out


def _segment_one(
    predictor: Maps, image: Image, file: Path, suffix: str, output: Path
) -> dict[str, Any]:
    labels = connected_components(mask_of(predictor.foreground_probability(image)))
    settings = predictor.settings
    rgb = to_rgb8(image, settings.percentile_low, settings.percentile_high)
    labels_file, overlay_file = _targets(file, output, suffix)
    write_bytes(labels_file, label_tiff_bytes(labels))
    write_bytes(overlay_file, png_bytes(overlay(rgb, labels)))
    return {
        "image": str(file),
        **({"plane": suffix[1:]} if suffix else {}),
        "cells": int(labels.max()),
        "labels": str(labels_file),
        "overlay": str(overlay_file),
    }


def _targets(file: Path, output: Path, suffix: str = "") -> tuple[Path, Path]:
    stem = f"{file.stem}{suffix}"
    return output / f"{stem}{LABELS}", output / f"{stem}{OVERLAY}"


def _images(path: Path) -> list[Path]:
    """The path itself, or the image files of a folder in the order of their names."""
    if path.is_dir():
        found = sorted(
            child
            for child in path.iterdir()
            if child.suffix.lower() in EXTENSIONS
            and not child.name.startswith(".")
            and child.is_file()
        )
        if not found:
            kinds = ", ".join(sorted(EXTENSIONS))
            raise CellsegError(f"The folder {path} holds no image; these are read: {kinds}.")
        return found
    if not path.exists():
        raise CellsegError(f"{path} does not exist; give image files or folders.")
    return [path]
