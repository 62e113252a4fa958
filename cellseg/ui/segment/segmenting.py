"""Images that the user brings, segmented once by one model and kept beside the uploads."""

import gc
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from cellseg import naming
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import segment_into
from cellseg.batches.truth import suffixed
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.selection import image_indices, remarks
from cellseg.images.view import View
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.ui.shell.formatting import about, count, plain
from cellseg.ui.widgets.decoder import reader
from cellseg.workspace import Workspace, read_json, write_json

if TYPE_CHECKING:
    from cellseg.segmentation.predictor import Predictor

DONE = "images.json"
"""In the folder of a file: the suffixes of its images; written when all were segmented."""

STOP, STOPPED = "segment-stop", "segment-stopped"
"""Key of the button that stops, and of what was left to do then."""

PATIENCE = 3.0
"""Seconds of work from which on the remaining time is said."""

Progress = Callable[[float, int, str], None]
"""Called with (files done, parts of one counted, files in all, what happens now)."""


@st.cache_resource(max_entries=2, show_spinner=False)
def predictor(_model: Model, weights: str, changed: float) -> "Predictor":
    """The network of a model, loaded once for all; TensorFlow comes with the first one.

    What is alive afterwards is kept out of the garbage collection that Streamlit runs behind every
    run of a page, which would otherwise hold up the pictures for half a second.
    """
    from cellseg.segmentation.predictor import load

    gc.unfreeze()
    gc.collect()  # a model that had to make room
    loaded = load(_model)
    gc.freeze()
    return loaded


def segment_all(
    files: Sequence[Source],
    model: Model,
    options: PredictionOptions,
    view: View,
    folder: Path,
    progress: Progress,
) -> tuple[list[SegmentedImage], list[str]]:
    """Segment what was not segmented by this model with these options before.

    Parameters
    ----------
    view : what is taken of each file.
    folder : private to the browser tab; the results are kept in it by content and model.
    progress : told of every file and every part of an image; what it raises ends the work.

    Returns
    -------
    The results in the order of the files, each with a name of its own, and a sentence for each
    file that could not be read.
    """
    segmented: list[SegmentedImage] = []
    problems: list[str] = []
    known = [_known(file, _place(file, model, options, view, folder)) for file in files]
    waiting, begun = known.count([]), 0
    with reader(Workspace.default()) as decoder:
        for file, before in zip(files, known, strict=True):
            if before:
                segmented += before
                continue
            place = _place(file, model, options, view, folder)

            def tell(share: float, phase: str, number: int = begun) -> None:
                progress(number + share, waiting, phase)

            begun += 1
            try:
                segmented += _segment(file, model, options, view, place, decoder, tell)
            except CellsegError as error:
                problems.append(str(error))
    return _distinct(segmented), problems


def _segment(
    file: Source,
    model: Model,
    options: PredictionOptions,
    view: View,
    place: Path,
    decoder: Decoder,
    tell: Callable[[float, str], None],
) -> list[SegmentedImage]:
    """Segment all images of a file; `tell` hears the share that is done, and what happens now."""
    segmented: list[SegmentedImage] = []
    suffixes: list[str] = []
    tell(0.0, f"Reading {file.name}")
    told = decoder.describe(file.path, file.name)
    said = remarks(told, view, file.name)
    images = len(image_indices(told.renamed(view.axes, file.name), view, file.name))
    for number, (suffix, image) in enumerate(decoder.images(file.path, file.name, view)):
        name = suffixed(file.name, suffix)

        def parts(done: int, of: int, name: str = name, number: int = number) -> None:
            part = f", part {done} of {of}" if of > 1 else ""
            tell((number + done / of) / images, f"Segmenting {name}{part}")

        parts(0, 1)
        network = predictor(model, str(model.weights), model.weights.stat().st_mtime)
        one = segment_into(
            network,
            image,
            name,
            place / str(number),
            options=options,
            warnings=said,
            view=view,
            progress=parts,
        )
        segmented.append(one)
        suffixes.append(suffix)
    write_json(place / DONE, suffixes)
    return segmented


def _known(file: Source, place: Path) -> list[SegmentedImage]:
    """What was found in a file before; empty where it was not segmented to its end."""
    segmented = []
    for number, suffix in enumerate(read_json(place / DONE) or []):
        one = SegmentedImage.read(place / str(number))
        if one is None:
            return []
        segmented.append(replace(one, name=suffixed(file.name, suffix)))
    return segmented


def _distinct(images: Iterable[SegmentedImage]) -> list[SegmentedImage]:
    """The same with names of which none is another's."""
    listed = list(images)
    named = naming.distinct(segmented.name for segmented in listed)
    return [replace(segmented, name=name) for segmented, name in zip(listed, named, strict=True)]


def _place(
    file: Source, model: Model, options: PredictionOptions, view: View, folder: Path
) -> Path:
    said = options.model_dump_json() + view.model_dump_json()
    asked = hashlib.sha256(said.encode()).hexdigest()[:8]
    version = model.weights.stat().st_mtime_ns
    content = _content(str(file.path))[:24]
    return folder / "segmented" / f"{content}-{model.id}-{version}-{asked}"


@st.cache_data(max_entries=10_000, show_spinner=False)
def _content(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def with_progress(
    files: Sequence[Source],
    model: Model,
    options: PredictionOptions,
    view: View,
    folder: Path,
) -> tuple[list[SegmentedImage], list[str]]:
    """As `segment_all`, with a bar and a way to stop where there is something to wait for.

    Each part of an image that is done is a chance for the page to answer to a click.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    places = [_place(file, model, options, view, folder) for file in files]
    left = [place for file, place in zip(files, places, strict=True) if not _known(file, place)]
    asked = sorted(str(place) for place in left)
    if not left:
        return segment_all(files, model, options, view, folder, lambda *_: None)
    if st.session_state.get(STOP):
        st.session_state[STOPPED] = asked
    if st.session_state.get(STOPPED) == asked:
        with slot.container(horizontal=True, vertical_alignment="center"):
            st.info(f"Stopped; {count(len(left), 'file')} not segmented.", icon=":material/stop:")
            st.button("Go on", key="segment-go-on", on_click=_go_on)
        done = [file for file, place in zip(files, places, strict=True) if place not in left]
        return segment_all(done, model, options, view, folder, lambda *_: None)
    if "tensorflow" not in sys.modules:
        with slot, st.spinner("Loading the network, about 10 seconds the first time"):
            predictor(model, str(model.weights), model.weights.stat().st_mtime)
    with slot.container():
        bar = st.progress(0.0, "Reading the images")
        st.button("Stop", key=STOP, icon=":material/stop:")
    began = time.monotonic()

    def progress(done: float, of: int, phase: str) -> None:
        share, spent = done / of, time.monotonic() - began
        words = f"{phase}, {int(done) + 1} of {of}" if of > 1 else phase
        if share > 0 and spent > PATIENCE:
            words += f", about {about(spent / share - spent)} left"
        bar.progress(min(1.0, share), plain(words))

    try:
        return segment_all(files, model, options, view, folder, progress)
    finally:
        slot.empty()


def _go_on() -> None:
    st.session_state.pop(STOPPED, None)
