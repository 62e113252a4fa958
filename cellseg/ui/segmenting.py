"""Images that the user brings, segmented once by one model and kept beside the uploads."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.overlay import Style, overlay
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.models.store import Model
from cellseg.segmentation.instances import connected_components, mask_of
from cellseg.ui.uploads import Received
from cellseg.ui.words import plain
from cellseg.workspace import disk_errors, read_json, write_json

if TYPE_CHECKING:
    from cellseg.segmentation.predictor import Predictor


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
def predictor(_model: Model, weights: str, changed: float) -> "Predictor":
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
    waiting = known.count(None)
    begun = 0
    with Decoder() as decoder:
        for file, found in zip(files, known, strict=True):
            if found is None:
                begun += 1
                try:
                    progress(begun, waiting, f"Reading {file.name}")
                    image = decoder.image(file.path, file.name)
                    progress(begun, waiting, f"Segmenting {file.name}")
                    found = _segment(file, image, model, folder)
                except CellsegError as error:
                    problems.append(str(error))
                    continue
            done.append(found)
    return done, problems


def _segment(file: Received, image: Image, model: Model, folder: Path) -> Segmented:
    network = predictor(model, str(model.weights), model.weights.stat().st_mtime)
    labels = connected_components(mask_of(network.foreground_probability(image)))
    target = _place(file, model, folder)
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
    return Segmented(file.name, target, **facts)


def _known(file: Received, model: Model, folder: Path) -> Segmented | None:
    target = _place(file, model, folder)
    facts = read_json(target / "facts.json")
    return Segmented(file.name, target, **facts) if facts else None


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
