"""Images that the user brings, segmented once by one model and kept beside the uploads."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.overlay import Style, overlay
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.segmentation.instances import connected_components, mask_of
from cellseg.ui.uploads import Received
from cellseg.ui.words import plain
from cellseg.workspace import Workspace, disk_errors, read_json, write_json

if TYPE_CHECKING:
    from cellseg.segmentation.predictor import AnyPredictor


@dataclass(frozen=True)
class Segmented:
    """An image and what a model found in it; the pixels lie in `folder`.

    cells : connected parts of the mask. share : of the pixels that are foreground, 0 to 1.
    """

    name: str
    folder: Path
    height: int
    width: int
    cells: int
    share: float

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The image to look at, uint8 (Y, X, 3)."""
        return np.load(self.folder / "rgb.npy", mmap_mode="r", allow_pickle=False)

    @property
    def labels(self) -> NDArray[np.int32]:
        """Its cells, int32 (Y, X), 0 is background."""
        return np.load(self.folder / "labels.npy", mmap_mode="r", allow_pickle=False)

    def mask(self) -> NDArray[np.uint8]:
        """Its mask as a picture, uint8 (Y, X), 0 or 255."""
        return np.where(self.labels > 0, np.uint8(255), np.uint8(0))

    def overlay(self, opacity: float, style: Style, colour: str | None) -> NDArray[np.uint8]:
        """Mask over image at full resolution, uint8 (Y, X, 3)."""
        return overlay(self.rgb, self.labels, opacity=opacity, style=style, colour=colour)


@st.cache_resource(max_entries=2, show_spinner=False)
def predictor(_model: Model, weights: str, changed: float) -> "AnyPredictor":
    """The network of a model, loaded once for all; TensorFlow comes with the first one."""
    from cellseg.segmentation.predictor import load

    return load(_model)


def segment_all(
    files: Sequence[Received],
    model: Model,
    folder: Path,
    progress: Callable[[int, int, str], None],
) -> tuple[list[Segmented], list[str]]:
    """Segment what was not segmented by this model before.

    Parameters
    ----------
    folder : private to the browser tab; the results are kept in it by content and model.
    progress : called with (number of the image, images in all, what happens now).

    Returns
    -------
    The results in the order of the files, and a sentence for each file that could not be read.
    """
    done: list[Segmented] = []
    problems: list[str] = []
    known = [_known(file, model, folder) for file in files]
    waiting = known.count([])
    begun = 0
    limits = Limits.of(Workspace.default())
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        for file, found in zip(files, known, strict=True):
            if not found:
                begun += 1
                suffixes: list[str] = []
                try:
                    progress(begun, waiting, f"Reading {file.name}")
                    for suffix, image in decoder.images(file.path, file.name, model.view):
                        name = suffixed(file.name, suffix)
                        progress(begun, waiting, f"Segmenting {name}")
                        found.append(_segment(file, name, len(found), image, model, folder))
                        suffixes.append(suffix)
                    write_json(_place(file, model, folder) / "images.json", suffixes)
                except CellsegError as error:
                    problems.append(str(error))
                    continue
            done += found
    return done, problems


def suffixed(name: str, suffix: str) -> str:
    """The name of one image of a stack: `a/cells_z03.tif`."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}{suffix}{path.suffix}")) if suffix else name


def _segment(
    file: Received, name: str, number: int, image: Image, model: Model, folder: Path
) -> Segmented:
    network = predictor(model, str(model.weights), model.weights.stat().st_mtime)
    labels = connected_components(mask_of(network.foreground_probability(image)))
    target = _place(file, model, folder) / str(number)
    facts: dict[str, Any] = {
        "height": image.height,
        "width": image.width,
        "cells": int(labels.max(initial=0)),
        "share": float(np.count_nonzero(labels) / labels.size),
    }
    with disk_errors(folder):
        target.mkdir(parents=True, exist_ok=True)
        np.save(target / "rgb.npy", to_rgb8(image), allow_pickle=False)
        np.save(target / "labels.npy", labels, allow_pickle=False)
        write_json(target / "facts.json", facts)
    return Segmented(name, target, **facts)


def _known(file: Received, model: Model, folder: Path) -> list[Segmented]:
    """What was found in a file before; empty where it was not segmented to its end."""
    target = _place(file, model, folder)
    suffixes = read_json(target / "images.json") or []
    found = []
    for number, suffix in enumerate(suffixes):
        facts = read_json(target / str(number) / "facts.json")
        found.append(Segmented(suffixed(file.name, suffix), target / str(number), **facts))
    return found


def _place(file: Received, model: Model, folder: Path) -> Path:
    return folder / "segmented" / f"{_content(str(file.path))[:24]}-{model.id}-{_version(model)}"


def _version(model: Model) -> int:
    return model.weights.stat().st_mtime_ns


@st.cache_data(max_entries=10_000, show_spinner=False)
def _content(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def with_progress(
    files: Sequence[Received], model: Model, folder: Path
) -> tuple[list[Segmented], list[str]]:
    """As `segment_all`, with a bar where there is something to wait for."""
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    if all(_known(file, model, folder) for file in files):
        return segment_all(files, model, folder, lambda *_: None)
    if "tensorflow" not in sys.modules:
        with slot, st.spinner("Loading the network, about 10 seconds the first time"):
            predictor(model, str(model.weights), model.weights.stat().st_mtime)
    bar = slot.progress(0.0, "Reading the images")

    def progress(number: int, of: int, phase: str) -> None:
        bar.progress((number - 1) / of, plain(f"{phase}, {number} of {of}"))

    try:
        return segment_all(files, model, folder, progress)
    finally:
        slot.empty()
