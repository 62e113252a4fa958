"""Segment image files into one folder: the files of each image, and those of all together."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cellseg import __version__, naming
from cellseg.analysis.filters import Filters
from cellseg.batches import results
from cellseg.batches.inputs import ENDINGS
from cellseg.batches.resume_log import InputRecord, ResumeLog
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import SegmentationRequest, segment_source
from cellseg.config import Frozen, PredictionOptions
from cellseg.errors import CellsegError
from cellseg.exports.bundle import Export, ImageResult, image_files
from cellseg.images.decoding import Decoder
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.segmentation.predictor import Segmenter
from cellseg.source import Source
from cellseg.workspace import Workspace, ensure_folder, write_bytes

Progress = Callable[[int, int, str], None]


class OutputSettings(Frozen):
    """What is written of each image, and how.

    kinds : of exports; None for labels and overlay with nothing beside them.
    pixel_size : side of a pixel in µm as entered; see `SegmentedImage.with_pixel_size`.
    """

    kinds: tuple[Export, ...] | None = None
    filters: Filters = Filters()
    options: PredictionOptions = PredictionOptions()
    pixel_size: float | None = None

    @property
    def measured(self) -> bool:
        """Whether the cells must be measured: for filters, and for the tables of every export."""
        return self.filters != Filters() or self.kinds is not None


class InputResult(NamedTuple):
    """The result of an input: a record for each image, and a sentence where it failed."""

    records: list[InputRecord]
    problem: str | None


class Written(NamedTuple):
    """The files that were written.

    records : of each image: `image`, `cells`, and the path of each of its files by its kind; of a
        stack also `plane`, and `warnings` where there are any.
    left_out : a sentence for each file that failed.
    together : the path of each file of all images together, by its kind.
    restarted : whether earlier work was to be resumed but had been done with other settings.
    """

    records: list[dict[str, Any]]
    left_out: list[str]
    together: dict[str, str]
    restarted: bool


class Output:
    """Fills one output folder.

    Parameters
    ----------
    load : gives the network, when it is first needed; it is shared by the threads.
    view : what is taken of each file; by default what the model learned from.
    workers : images at a time; results do not depend on it.
    progress : called with (files done, files in all, name of the next file).
    """

    def __init__(
        self,
        workspace: Workspace,
        model: Model,
        load: Callable[[], Segmenter],
        output: Path,
        settings: OutputSettings | None = None,
        *,
        view: View | None = None,
        limits: Limits | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self._model = model
        self._load = load
        self._output = output
        self._settings = settings = settings or OutputSettings()
        self._kinds: tuple[Export, ...] = settings.kinds or ("labels", "overlay")
        self._view = view or model.view
        self._request = SegmentationRequest(settings.options, self._view, settings.pixel_size)
        self._limits = limits or Limits()
        self._workers = workers
        self._progress = progress or (lambda *_: None)
        self._log = ResumeLog(workspace, output, self._resume_settings())
        self._segmenter: Segmenter | None = None
        self._outcomes: dict[Path, InputResult] = {}
        self._stems: dict[str, Path] = {}
        self._lock = threading.Lock()

    def fill(self, inputs: Sequence[Path], resume: bool = False) -> Written:
        """Segment the inputs and write the results; a file that fails stops no other.

        Parameters
        ----------
        resume : leave out what an earlier call with the same settings finished.

        Raises
        ------
        CellsegError
            Where the disk refuses, or another command fills the folder.
        """
        ensure_folder(self._output)
        self._stems = {file.stem.casefold(): file for file in inputs}
        with self._log.locked(resume) as resumed:
            for file in inputs if resumed else ():
                if (records := self._log.records(file)) is not None:
                    self._outcomes[file] = InputResult(records, None)
            self._work([file for file in inputs if file not in self._outcomes], len(inputs))
            together = self._write_together(inputs) if self._settings.kinds else {}
        return Written(
            [_flat(record) for file in inputs for record in self._outcomes[file].records],
            [problem for file in inputs if (problem := self._outcomes[file].problem)],
            together,
            self._log.restarted,
        )

    def _resume_settings(self) -> InputRecord:
        """All that decides the bytes of the results, apart from the inputs."""
        return {
            "made_by": __version__,
            "output": str(self._output.absolute()),
            "model": self._model.id,
            "trained": self._model.facts.created.isoformat(),
            **self._settings.model_dump(mode="json"),
            "view": self._view.model_dump(mode="json"),
        }

    def _work(self, inputs: Sequence[Path], of: int) -> None:
        """Segment these inputs, so many at a time as there are workers."""
        if not inputs:
            return
        segmenter = self._segmenter = self._segmenter or self._load()
        decoders: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        limits = (self._limits.file_seconds, self._limits.image_pixels)
        workers = min(self._workers, len(inputs))
        with ExitStack() as held:
            for _ in range(workers):
                decoders.put(held.enter_context(Decoder(*limits)))
            pool = held.enter_context(ThreadPoolExecutor(workers))
            tasks = [pool.submit(self._input, file, segmenter, decoders, of) for file in inputs]
            try:
                for task in as_completed(tasks):
                    task.result()
            except BaseException:
                for task in tasks:
                    task.cancel()
                raise
        self._progress(of, of, "")

    def _input(
        self, file: Path, segmenter: Segmenter, decoders: "queue.SimpleQueue[Decoder]", of: int
    ) -> None:
        """Segment all images of a file and write their files."""
        decoder = decoders.get()
        records: list[InputRecord] = []
        with self._lock:
            self._outcomes.pop(file, None)
            self._progress(len(self._outcomes), of, file.name)
        try:
            result = segment_source(
                Source(file.name, file),
                lambda: segmenter,
                decoder,
                self._request,
                lambda number: self._log.folder_of(file, number),
                name=lambda suffix: self._claimed(file, suffix),
                finish=lambda image, suffix: records.append(self._export(image, file, suffix)),
            )
        finally:
            decoders.put(decoder)
        if result.problem is None:
            self._log.finish_input(file, records)
        with self._lock:
            self._outcomes[file] = InputResult(records, result.problem)

    def _claimed(self, file: Path, suffix: str) -> str:
        """The name of an image, after its stem was taken.

        Raises
        ------
        CellsegError
            Where the stem is that of another image.
        """
        stem = f"{file.stem}{suffix}"
        with self._lock:
            if self._stems.setdefault(stem.casefold(), file) != file:
                raise CellsegError(
                    f"{file.name} would become {stem}{ENDINGS['labels']} like another image; "
                    "rename it or segment it into another folder."
                )
        return naming.suffixed(file.name, suffix)

    def _export(self, segmented: SegmentedImage, file: Path, suffix: str) -> InputRecord:
        """Write the files of an image; its record."""
        result = self._result(segmented)
        written = {}
        for name, content in image_files(result, self._kinds):
            kind = next(kind for kind in ENDINGS if name == f"{result.stem}{ENDINGS[kind]}")
            if kind == "preview" and self._settings.kinds is None:
                continue
            write_bytes(self._output / name, content)
            written[kind] = str(self._output / name)
        cells = results.cells_kept(segmented, self._settings.filters)
        self._log.drop_pixels(segmented, keep=self._settings.kinds is not None)
        plane = {"plane": suffix[1:]} if suffix else {}
        warnings = {"warnings": list(segmented.warnings)} if segmented.warnings else {}
        return {"image": str(file), **plane, "cells": cells, **warnings, "files": written}

    def _result(self, segmented: SegmentedImage) -> ImageResult:
        if self._settings.measured:
            return results.filtered(segmented, self._settings.filters)
        image, labels = segmented.image(), segmented.labels()
        return ImageResult(
            segmented.name,
            image,
            labels,
            pd.DataFrame(),
            segmented.probability(),
            segmented.pixel_size,
        )

    def _write_together(self, inputs: Sequence[Path]) -> dict[str, str]:
        """Write what is one file for all images, unless it is there for exactly these."""
        done = [file for file in inputs if self._outcomes[file].records]
        paths = results.paths_together(self._output, self._kinds) if done else {}
        if not (self._log.complete(done) and all(path.is_file() for path in paths.values())):
            self._log.reopen()
            self._work([file for file in done if self._segmented(file) is None], len(inputs))
            images = [image for file in done for image in self._segmented(file) or ()]
            settings = self._settings
            results.write_together(paths, images, self._model, settings.filters, settings.options)
            self._log.finish(done)
        return {kind: str(path) for kind, path in paths.items()}

    def _segmented(self, file: Path) -> list[SegmentedImage] | None:
        images = self._log.images(file, len(self._outcomes[file].records))
        size = self._settings.pixel_size
        return images if images is None else [image.with_pixel_size(size) for image in images]


def _flat(record: InputRecord) -> dict[str, Any]:
    """A record with the paths of its files beside the rest."""
    rest = {key: value for key, value in record.items() if key != "files"}
    return {**rest, **record["files"]}
