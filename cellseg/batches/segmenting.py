"""The one way in which results of an image come to lie in a folder."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellseg.batches.segmented_image import (
    FACTS,
    IMAGE,
    LABELS,
    PROBABILITY,
    TABLE,
    TRUTH,
    SegmentedImage,
    SegmentedImageFacts,
    packed,
)
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.segmentation.predictor import Segmenter
from cellseg.segmentation.tiling import ProgressCallback
from cellseg.workspace import disk_errors, write_bytes, write_json


class Stopped(Exception):
    """A stop was asked for while an image was being segmented; raised by what hears progress."""


@contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Turn whatever goes wrong with one image into one sentence, so that it stops no other."""
    try:
        yield
    except (CellsegError, OSError, Stopped):
        raise
    except MemoryError:
        raise CellsegError(
            f"{name} does not fit into the memory of this machine; cut it into parts or make it "
            "smaller."
        ) from None
    except Exception as error:
        logging.getLogger(__name__).exception("%s", name)
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise CellsegError(
            f"{name} could not be segmented ({reason}); try another image or another model."
        ) from None


def segment_into(
    predictor: Segmenter,
    image: Image,
    name: str,
    folder: Path,
    *,
    pixel_size: float | None = None,
    options: PredictionOptions | None = None,
    truth: NDArray[np.integer] | None = None,
    warnings: Sequence[str] = (),
    view: View | None = None,
    progress: ProgressCallback | None = None,
) -> SegmentedImage:
    """Find the cells of an image and keep all of it in a folder; finished, or as if never begun.

    Parameters
    ----------
    name : as `Found.name`.
    folder : of this image alone; what an earlier try left there is replaced.
    pixel_size : side of a pixel in µm, as the user entered it; None takes that of the file.
    truth : the true cells (Y, X), if known.
    warnings : sentences about the image, to be kept with it.
    view : what was taken of its file, to be kept with it.
    progress : called with (parts done, parts in all); what it raises ends the work before anything
        is written.

    Raises
    ------
    CellsegError
        Where truth and image differ in size, or the disk is full or cannot be written.
    """
    began = time.perf_counter()
    segmented = predictor.cells(image, options, progress)
    seconds = time.perf_counter() - began
    with disk_errors(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
        for known in (FACTS, TABLE, TRUTH):
            (folder / known).unlink(missing_ok=True)
    for file, array in (
        (IMAGE, image.pixels),
        (LABELS, segmented.labels),
        (PROBABILITY, segmented.probability),
    ):
        write_bytes(folder / file, packed(array))
    facts = SegmentedImageFacts(
        name=name,
        height=image.height,
        width=image.width,
        axes=image.axes,
        channels=image.channels,
        channel_names=image.channel_names,
        cells=int(segmented.labels.max(initial=0)),
        share=float(np.count_nonzero(segmented.labels) / max(1, segmented.labels.size)),
        pixel_size_entered=pixel_size,
        pixel_size_file=image.pixel_size_um,
        seconds=round(seconds, 3),
        warnings=(*warnings, *segmented.warnings),
        view=view,
        precision=segmented.precision,
    )
    if truth is not None:
        SegmentedImage.of(facts, folder).set_truth(truth)
    write_json(folder / FACTS, facts.model_dump(mode="json"))
    return SegmentedImage.of(facts, folder)
