"""Images that the user brings, segmented once by one model and kept beside the uploads."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from cellseg.batches.found import Found
from cellseg.batches.truth import suffixed
from cellseg.batches.work import segment_into
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.view import remarks
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.ui.uploads import Received
from cellseg.ui.words import plain
from cellseg.workspace import Workspace, read_json, write_json

if TYPE_CHECKING:
    from cellseg.segmentation.predictor import AnyPredictor

DONE = "images.json"
"""In the folder of a file: the suffixes of its images; written when all were segmented."""


@st.cache_resource(max_entries=2, show_spinner=False)
def predictor(_model: Model, weights: str, changed: float) -> "AnyPredictor":
    """The network of a model, loaded once for all; TensorFlow comes with the first one."""
    from cellseg.segmentation.predictor import load

    return load(_model)


def segment_all(
    files: Sequence[Received],
    model: Model,
    options: PredictionOptions,
    folder: Path,
    progress: Callable[[int, int, str], None],
) -> tuple[list[Found], list[str]]:
    """Segment what was not segmented by this model with these options before.

    Parameters
    ----------
    folder : private to the browser tab; the results are kept in it by content and model.
    progress : called with (number of the file, files in all, what happens now).

    Returns
    -------
    The results in the order of the files, each with a name of its own, and a sentence for each
    file that could not be read.
    """
    found: list[Found] = []
    problems: list[str] = []
    known = [_known(file, _place(file, model, options, folder)) for file in files]
    waiting, begun = known.count([]), 0
    limits = Limits.of(Workspace.default())
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        for file, before in zip(files, known, strict=True):
            if before:
                found += before
                continue
            begun += 1
            place = _place(file, model, options, folder)

            def tell(phase: str, number: int = begun) -> None:
                progress(number, waiting, phase)

            try:
                found += _segment(file, model, options, place, decoder, tell)
            except CellsegError as error:
                problems.append(str(error))
    return _distinct(found), problems


def _segment(
    file: Received,
    model: Model,
    options: PredictionOptions,
    place: Path,
    decoder: Decoder,
    tell: Callable[[str], None],
) -> list[Found]:
    """Segment all images of a file."""
    found: list[Found] = []
    suffixes: list[str] = []
    tell(f"Reading {file.name}")
    facts = decoder.describe(file.path, file.name, model.view)
    said = remarks(facts, model.view, file.name)
    for suffix, image in decoder.images(file.path, file.name, model.view):
        name = suffixed(file.name, suffix)
        tell(f"Segmenting {name}")
        network = predictor(model, str(model.weights), model.weights.stat().st_mtime)
        folder = place / str(len(found))
        found.append(segment_into(network, image, name, folder, options=options, warnings=said))
        suffixes.append(suffix)
    write_json(place / DONE, suffixes)
    return found


def _known(file: Received, place: Path) -> list[Found]:
    """What was found in a file before; empty where it was not segmented to its end."""
    found = []
    for number, suffix in enumerate(read_json(place / DONE) or []):
        one = Found.read(place / str(number))
        if one is None:
            return []
        found.append(replace(one, name=suffixed(file.name, suffix)))
    return found


def _distinct(founds: Iterable[Found]) -> list[Found]:
    """The same with names of which none is another's; case does not tell them apart."""
    taken: set[str] = set()
    named = []
    for found in founds:
        path, name, number = PurePosixPath(found.name), found.name, 1
        while name.casefold() in taken:
            number += 1
            name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        taken.add(name.casefold())
        named.append(replace(found, name=name))
    return named


def _place(file: Received, model: Model, options: PredictionOptions, folder: Path) -> Path:
    asked = hashlib.sha256(options.model_dump_json().encode()).hexdigest()[:8]
    version = model.weights.stat().st_mtime_ns
    content = _content(str(file.path))[:24]
    return folder / "segmented" / f"{content}-{model.id}-{version}-{asked}"


@st.cache_data(max_entries=10_000, show_spinner=False)
def _content(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def with_progress(
    files: Sequence[Received], model: Model, options: PredictionOptions, folder: Path
) -> tuple[list[Found], list[str]]:
    """As `segment_all`, with a bar where there is something to wait for."""
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    if all(_known(file, _place(file, model, options, folder)) for file in files):
        return segment_all(files, model, options, folder, lambda *_: None)
    if "tensorflow" not in sys.modules:
        with slot, st.spinner("Loading the network, about 10 seconds the first time"):
            predictor(model, str(model.weights), model.weights.stat().st_mtime)
    bar = slot.progress(0.0, "Reading the images")

    def progress(number: int, of: int, phase: str) -> None:
        bar.progress((number - 1) / of, plain(f"{phase}, {number} of {of}"))

    try:
        return segment_all(files, model, options, folder, progress)
    finally:
        slot.empty()
