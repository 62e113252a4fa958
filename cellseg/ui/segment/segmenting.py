"""Images of the page Segment: segmented once by one model, and kept beside the uploads."""

import gc
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from cellseg import naming
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import ImageNames, SegmentationRequest, segment_source
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.ui.shell.formatting import about, count, plain
from cellseg.ui.widgets.page_decoder import reader
from cellseg.workspace import Workspace, read_json, write_json

if TYPE_CHECKING:
    from cellseg.segmentation.predictor import Predictor

DONE = "images.json"
"""In the folder of a file: the suffixes of its images; written when all are segmented."""

STOP, STOPPED = "segment-stop", "segment-stopped"
"""Key of the button that stops, and of what was left to do then."""

SECONDS_BEFORE_ESTIMATE = 3.0
"""Seconds of work after which the remaining time is shown."""

Progress = Callable[[float, int, str], None]
"""Called with (files done, parts of one counted, files in all, what happens now)."""


@st.cache_resource(max_entries=2, show_spinner=False)
def cached_predictor(_model: Model, weights: str, changed: float) -> "Predictor":
    """The network of a model, loaded once for all; TensorFlow comes with the first one.

    What is alive afterwards is kept out of the garbage collection that Streamlit runs behind every
    run of a page, which would otherwise hold up the pictures for half a second.
    """
    from cellseg.segmentation.predictor import load_predictor

    gc.unfreeze()
    gc.collect()  # a model that had to make room
    loaded = load_predictor(_model)
    gc.freeze()
    return loaded


def segment_all(
    files: Sequence[Source],
    model: Model,
    request: SegmentationRequest,
    folder: Path,
    progress: Progress,
) -> tuple[list[SegmentedImage], list[str]]:
    """Segment what this model has not segmented with this request before.

    Parameters
    ----------
    folder : private to the browser tab; the results are kept in it by content and model.
    progress : called for every file and every part of an image; an exception that it raises ends
        the work.

    Returns
    -------
    The results in the order of the files, each with a name of its own, and a sentence for each
    file that failed.
    """
    results: list[tuple[str, str, SegmentedImage]] = []
    problems: list[str] = []
    names = naming.distinct(file.name for file in files)
    finished = [_finished(_folder_of(file, model, request, folder)) for file in files]
    waiting, started = finished.count([]), 0
    with reader(Workspace.default()) as decoder:
        for file, name, images in zip(files, names, finished, strict=True):
            if images:
                results += [(name, suffix, image) for suffix, image in images]
                continue
            place = _folder_of(file, model, request, folder)

            def report(share: float, phase: str, number: int = started) -> None:
                progress(number + share, waiting, phase)

            def folder_of_image(number: int, place: Path = place) -> Path:
                return place / str(number)

            started += 1
            done = segment_source(
                file,
                lambda: cached_predictor(model, str(model.weights), model.weights.stat().st_mtime),
                decoder,
                request,
                folder_of_image,
                resume=True,
                progress=report,
            )
            results += [(name, *one) for one in zip(done.suffixes, done.images, strict=True)]
            if done.problem is None:
                write_json(place / DONE, done.suffixes)
            else:
                problems.append(done.problem)
    image_names = ImageNames(names)
    segmented = [
        replace(image, name=image_names.name(name, suffix)).with_pixel_size(request.pixel_size)
        for name, suffix, image in results
    ]
    return segmented, problems


def _finished(place: Path) -> list[tuple[str, SegmentedImage]]:
    """Suffix and result of each image of a file; empty where not all of them are segmented."""
    suffixes = read_json(place / DONE) or []
    images = [SegmentedImage.read(place / str(number)) for number in range(len(suffixes))]
    known = [(suffix, one) for suffix, one in zip(suffixes, images, strict=True) if one is not None]
    return known if len(known) == len(suffixes) else []


def _folder_of(file: Source, model: Model, request: SegmentationRequest, folder: Path) -> Path:
    """Where the results of a file lie, by its content, the model and what decides the labels."""
    settings = request.options.model_dump_json() + request.view.model_dump_json()
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    version = model.weights.stat().st_mtime_ns
    content = _content(str(file.path))[:24]
    return folder / "segmented" / f"{content}-{model.id}-{version}-{digest}"


@st.cache_data(max_entries=10_000, show_spinner=False)
def _content(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def with_progress(
    files: Sequence[Source], model: Model, request: SegmentationRequest, folder: Path
) -> tuple[list[SegmentedImage], list[str]]:
    """As `segment_all`, with a progress bar and a button to stop where there is work to do.

    After each part of an image the page can answer a click.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    folders = [_folder_of(file, model, request, folder) for file in files]
    finished = [file for file, place in zip(files, folders, strict=True) if _finished(place)]
    left = sorted({str(place) for place in folders if not _finished(place)})
    if not left:
        return segment_all(files, model, request, folder, lambda *_: None)
    if st.session_state.get(STOP):
        st.session_state[STOPPED] = left
    if st.session_state.get(STOPPED) == left:
        with slot.container(horizontal=True, vertical_alignment="center"):
            number = count(len(files) - len(finished), "file")
            st.info(f"Stopped; {number} not segmented.", icon=":material/stop:")
            st.button("Resume", key="segment-go-on", on_click=_resume)
        return segment_all(finished, model, request, folder, lambda *_: None)
    if "tensorflow" not in sys.modules:
        with slot, st.spinner("Loading the model, about 10 seconds the first time"):
            cached_predictor(model, str(model.weights), model.weights.stat().st_mtime)
    with slot.container():
        bar = st.progress(0.0, "Reading the images")
        st.button("Stop", key=STOP, icon=":material/stop:")
    began = time.monotonic()

    def progress(done: float, total: int, phase: str) -> None:
        share, spent = done / total, time.monotonic() - began
        words = f"{phase}, {int(done) + 1} of {total}" if total > 1 else phase
        if share > 0 and spent > SECONDS_BEFORE_ESTIMATE:
            words += f", about {about(spent / share - spent)} left"
        bar.progress(min(1.0, share), plain(words))

    try:
        return segment_all(files, model, request, folder, progress)
    finally:
        slot.empty()


def _resume() -> None:
    st.session_state.pop(STOPPED, None)
