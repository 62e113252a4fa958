"""The process that segments: `python -m cellseg.batches.worker BATCH` fills one batch folder.

It knows no browser and no server, so it outlives both. One image is in memory at a time.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from cellseg import naming, processes
from cellseg.batches import truth
from cellseg.batches.batch import (
    Batch,
    Status,
    done_file,
    image_folder,
    read_batch,
    write_done,
)
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import (
    Segmenter,
    Stopped,
    one_sentence,
    segment_into,
)
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.masks import MaskEncoding
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.selection import remarks
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.models.store import ModelStore
from cellseg.source import Source
from cellseg.workspace import Workspace

TURN = 1.0
"""Seconds between two tries to be the one batch that runs."""

log = logging.getLogger("cellseg.batches")


class Brought(NamedTuple):
    """An image of a source, decoded; its truth where that came with it, remarks, its view."""

    name: str
    image: Image
    truth: NDArray[np.integer] | None
    warnings: tuple[str, ...]
    view: View | None


class Worker:
    """One batch from its settings to the last image."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.workspace = Workspace(batch.folder.parent.parent)
        self.status = processes.StatusWriter(batch.folder, Status)
        self._terminated = False
        self._dataset: Dataset | None = None
        self._scale: MaskEncoding | None = None
        self._message: str | None = None
        self._names: set[str] = set()

    def work(self) -> int:
        """Segment, and end with a status that says how it went; returns the exit code."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)
        try:
            with self._turn():
                self._segment()
        except Stopped:
            self.status.end("stopped", phase="", message="Stopped; what was found is kept.")
        except CellsegError as error:
            log.error("%s", error)
            self.status.end("failed", phase="", message=str(error))
            return 1
        except Exception as error:  # the last boundary of the process: the page shows the sentence
            log.exception("unexpected")
            sentence = f"The batch failed unexpectedly ({_reason(error)}); its log has the details."
            self.status.end("failed", phase="", message=sentence)
            return 1
        else:
            self.status.end("done", phase="", message=self._message)
        return 0

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the one place of the workspace in which a batch runs; it ends with the process."""
        lock = FileLock(self.workspace.root / "batch.lock")
        while True:
            try:
                lock.acquire(timeout=TURN)
                break
            except Timeout:
                self.status.note(phase="Waiting for another batch to end")
                self._check_stop()
        try:
            yield
        finally:
            lock.release()

    def _segment(self) -> None:
        config = self.batch.config
        waiting = [
            number
            for number in range(len(config.sources))
            if not done_file(self.batch.folder, number).exists()
        ]
        self.status.say("Loading the model")
        predictor = load(self.batch)
        if config.dataset_id is not None:
            self._dataset = DatasetStore(self.workspace).get(config.dataset_id)
        self._names = {source.name.casefold() for source in config.sources}
        self._names |= {segmented.name.casefold() for segmented in self.batch.images()}
        limits = Limits.of(self.workspace)
        with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
            self._look_at_truth(decoder)
            began = time.monotonic()
            for done, number in enumerate(waiting):
                left = (time.monotonic() - began) / done * (len(waiting) - done) if done else None
                self.status.say(config.sources[number].name, remaining_s=left)
                self._check_stop()
                self._source(number, predictor, decoder)

    def _look_at_truth(self, decoder: Decoder) -> None:
        """Decide what the values of the mask files mean, by all of them."""
        masks = [self._mask(source) for source in self.batch.config.sources if source.truth]
        if not masks:
            return
        self.status.say("Reading the masks of truth")
        try:
            self._scale = truth.scale_of(masks, self.batch.config.view, decoder)
        except CellsegError as error:
            self._message = f"No truth was read: {error}"

    def _source(self, number: int, predictor: Segmenter, decoder: Decoder) -> None:
        """Segment all images of a source that were not segmented before."""
        source = self.batch.config.sources[number]
        segmented: list[SegmentedImage] = []
        problem = None
        try:
            for index, brought in enumerate(self._images(source, decoder)):
                self._check_stop(index)
                folder = image_folder(self.batch.folder, number, index)
                segmented.append(
                    SegmentedImage.read(folder) or self._image(predictor, brought, folder)
                )
            problem = self._assign(source, segmented, decoder)
        except CellsegError as error:
            if isinstance(error.__cause__, OSError):  # the disk refuses: no other image would do
                raise
            problem = str(error)
        except MemoryError:
            problem = (
                f"{source.name} does not fit into the memory of this machine; make it smaller."
            )
        if problem:
            log.warning("%s", problem)
        write_done(self.batch.folder, number, len(segmented), problem)

    def _image(self, predictor: Segmenter, brought: Brought, folder: Path) -> SegmentedImage:
        config = self.batch.config

        def tell(done: int, of: int) -> None:
            if done < of:
                self._check_stop()
                self.status.note(phase=f"{brought.name}, part {done} of {of}")

        with one_sentence(brought.name):
            segmented = segment_into(
                predictor,
                brought.image,
                brought.name,
                folder,
                options=config.options,
                truth=brought.truth,
                warnings=brought.warnings,
                view=brought.view,
                progress=tell,
            )
            if config.pixel_size is not None:
                segmented = segmented.with_pixel_size(config.pixel_size)
            segmented.table()
        return segmented

    def _images(self, source: Source, decoder: Decoder) -> Iterator[Brought]:
        if source.pair is not None:
            assert self._dataset is not None
            pixels, labels = self._dataset.image(source.pair), self._dataset.labels(source.pair)
            yield Brought(source.name, pixels, labels, (), None)
            return
        path, view = self.batch.path(source), self.batch.config.view
        said = tuple(remarks(decoder.describe(path, source.name), view, source.name))
        for suffix, image in decoder.images(path, source.name, view):
            yield Brought(self._free(source.name, suffix), image, None, said, view)

    def _free(self, name: str, suffix: str) -> str:
        """The name of one image of a stack, which no other image has or may get."""
        if not suffix:
            return name
        segmented = naming.numbered_file(truth.suffixed(name, suffix), self._names)
        self._names.add(segmented.casefold())
        return segmented

    def _assign(
        self, source: Source, segmented: list[SegmentedImage], decoder: Decoder
    ) -> str | None:
        """Keep the true cells of a source; a sentence where that could not be."""
        if self._scale is None or source.truth is None:
            return None
        view, mask = self.batch.config.view, self._mask(source)
        problems = truth.assign(segmented, [mask], self._scale, view, decoder)
        return problems[0] if problems else None

    def _mask(self, source: Source) -> Source:
        assert source.truth is not None
        return Source(source.truth.name, self.batch.path(source.truth))

    def _check_stop(self, seen: int = 1) -> None:
        """Leave at a good moment, if somebody asked to stop by the stop file or by a signal."""
        if seen and (self._terminated or (self.batch.folder / processes.STOP).exists()):
            raise Stopped

    def _terminate(self, *_: object) -> None:
        self._terminated = True


def load(batch: Batch) -> Segmenter:
    """What finds the cells: the network of the batch's model.

    Raises
    ------
    CellsegError
        Where the model was deleted or cannot be loaded.
    """
    model = ModelStore(Workspace(batch.folder.parent.parent)).get(batch.config.model_id)
    from cellseg.segmentation import predictor

    return predictor.load(model)


def main(arguments: list[str]) -> int:
    """Segment the batch whose folder is the one argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    batch = read_batch(Path(arguments[0]).absolute()) if len(arguments) == 1 else None
    if batch is None:
        log.error("usage: python -m cellseg.batches.worker BATCH_FOLDER")
        return 2
    return Worker(batch).work()


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
