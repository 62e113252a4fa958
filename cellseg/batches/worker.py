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
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from cellseg import processes
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
    ImageNames,
    SegmentationRequest,
    Stopped,
    segment_source,
)
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.masks import MaskEncoding
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.limits import Limits
from cellseg.models.store import ModelStore
from cellseg.segmentation.predictor import Segmenter
from cellseg.source import Source
from cellseg.workspace import Workspace

RETRY_SECONDS = 1.0
"""Seconds between two tries to be the one batch that runs."""

log = logging.getLogger("cellseg.batches")


class Worker:
    """One batch from its settings to the last image."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.workspace = Workspace(batch.folder.parent.parent)
        self.status = processes.StatusWriter(batch.folder, Status)
        self._terminated = False
        self._dataset: Dataset | None = None
        self._encoding: MaskEncoding | None = None
        self._message: str | None = None
        self._names = ImageNames(())

    def work(self) -> int:
        """Segment, and end with a status that says how it went; returns the exit code."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)
        try:
            with self._turn():
                self._segment()
        except Stopped:
            self.status.end("stopped", phase="", message="Stopped; what is segmented is kept.")
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
                lock.acquire(timeout=RETRY_SECONDS)
                break
            except Timeout:
                self.status.update(phase="Waiting for another segmentation to finish")
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
        self.status.set_phase("Loading the model")
        segmenter = load_batch_model(self.batch)
        if config.dataset_id is not None:
            self._dataset = DatasetStore(self.workspace).get(config.dataset_id)
        taken = [source.name for source in config.sources]
        self._names = ImageNames([*taken, *(image.name for image in self.batch.images())])
        limits = Limits.of(self.workspace)
        with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
            self._decide_truth_encoding(decoder)
            began = time.monotonic()
            for done, number in enumerate(waiting):
                left = (time.monotonic() - began) / done * (len(waiting) - done) if done else None
                self.status.set_phase(config.sources[number].name, remaining_s=left)
                self._check_stop()
                self._source(number, segmenter, decoder)

    def _decide_truth_encoding(self, decoder: Decoder) -> None:
        """Decide what the values of the mask files mean, by all of them."""
        masks = [self._mask(source) for source in self.batch.config.sources if source.truth]
        if not masks:
            return
        self.status.set_phase("Reading the ground-truth masks")
        try:
            self._encoding = truth.encoding_of(masks, self.batch.config.view, decoder)
        except CellsegError as error:
            self._message = f"The ground-truth masks could not be read: {error}"

    def _source(self, number: int, segmenter: Segmenter, decoder: Decoder) -> None:
        """Segment all images of a source that were not segmented before."""
        config = self.batch.config
        source = config.sources[number]

        def progress(share: float, phase: str) -> None:
            self._check_stop()
            self.status.update(phase=phase)

        result = segment_source(
            replace(source, path=self.batch.path(source)),
            lambda: segmenter,
            decoder,
            SegmentationRequest(config.options, config.view, config.pixel_size),
            lambda image: image_folder(self.batch.folder, number, image),
            dataset=self._dataset,
            name=lambda suffix: self._names.name(source.name, suffix),
            finish=lambda image, _: image.table(),
            resume=True,
            progress=progress,
        )
        problem = result.problem or self._assign(source, result.images, decoder)
        if problem:
            log.warning("%s", problem)
        write_done(self.batch.folder, number, len(result.images), problem)

    def _assign(self, source: Source, images: list[SegmentedImage], decoder: Decoder) -> str | None:
        """Keep the true masks of a source; a sentence where that failed."""
        if self._encoding is None or source.truth is None:
            return None
        view, mask = self.batch.config.view, self._mask(source)
        problems = truth.assign(images, [mask], self._encoding, view, decoder)
        return problems[0] if problems else None

    def _mask(self, source: Source) -> Source:
        assert source.truth is not None
        return replace(source.truth, path=self.batch.path(source.truth))

    def _check_stop(self) -> None:
        """End the work if a stop was requested, by the stop file or by a signal."""
        if self._terminated or (self.batch.folder / processes.STOP).exists():
            raise Stopped

    def _terminate(self, *_: object) -> None:
        self._terminated = True


def load_batch_model(batch: Batch) -> Segmenter:
    """What finds the cells: the network of the batch's model.

    Raises
    ------
    CellsegError
        Where the model was deleted or cannot be loaded.
    """
    model = ModelStore(Workspace(batch.folder.parent.parent)).get(batch.config.model_id)
    from cellseg.segmentation import predictor

    return predictor.load_predictor(model)


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
