"""The one way from a source to its segmented images, for the pages, batches and the command line.

`segment_source` reads a source once, segments each of its images into a folder of its own, and
keeps a failure to that source. The callers add what they need: names, folders, exports, progress.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellseg import naming
from cellseg.batches.segmented_image import (
    FACTS,
    IMAGE,
    LABELS,
    PROBABILITY,
    TABLE,
    TRUTH,
    SegmentedImage,
    SegmentedImageFacts,
    array_tiff,
)
from cellseg.config import PredictionOptions
from cellseg.datasets.dataset import Dataset
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.selection import remarks
from cellseg.images.view import View
from cellseg.segmentation.predictor import Segmenter
from cellseg.segmentation.tiling import PartsCallback
from cellseg.source import Source
from cellseg.workspace import disk_errors, write_bytes, write_json

SourceProgress = Callable[[float, str], None]
"""Called with the share of a source that is done, 0 to 1, and what happens now."""


class Stopped(Exception):
    """A stop was requested; raised by the progress callback."""


@dataclass(frozen=True)
class SegmentationRequest:
    """How every source is segmented.

    options : of the prediction. view : what is taken of each file.
    pixel_size : side of a pixel in µm as the user entered it; see
        `SegmentedImage.with_pixel_size`.
    """

    options: PredictionOptions = field(default_factory=PredictionOptions)
    view: View = field(default_factory=View)
    pixel_size: float | None = None


@dataclass(frozen=True)
class SegmentedSource:
    """The result of a source.

    images : the segmented images in the order of the source, as far as they go.
    suffixes : distinguish each image from the others of its file, such as `_z03`; or empty.
    problem : a sentence about the failure that ended the source; None where there was none.
    """

    images: list[SegmentedImage]
    suffixes: list[str]
    problem: str | None


class ImageNames:
    """Names for the images of many sources, of which none is another's.

    The only image of a source has the source's name. An image of a stack is named after its place,
    with a number where a source or another image has that name.

    Parameters
    ----------
    taken : the names of all sources, and of images that have theirs already.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {name.casefold() for name in taken}

    def name(self, source: str, suffix: str) -> str:
        """The name of the image with this suffix, such as `a/cells_z03.tif`."""
        if not suffix:
            return source
        name = naming.numbered_file(naming.suffixed(source, suffix), self._taken)
        self._taken.add(name.casefold())
        return name


@dataclass(frozen=True)
class _DecodedSource:
    """The images of a source while they are read: how many, and each with what belongs to it.

    images : suffix, image, and true labels where the source has them.
    """

    count: int
    images: Iterator[tuple[str, Image, NDArray[np.integer] | None]]
    warnings: list[str]
    view: View | None


@contextmanager
def readable_errors(name: str, action: str = "segmented") -> Iterator[None]:
    """Turn whatever goes wrong with one file into a `CellsegError` of one sentence.

    A stop, and an OSError of the disk, which would meet every other file too, pass as they are.

    Parameters
    ----------
    name : what the user calls the file. action : what was being done, as a participle.
    """
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
        other = "image or another model" if action == "segmented" else "file"
        raise CellsegError(
            f"{name} could not be {action} ({reason}); try another {other}."
        ) from None


def segment_source(
    source: Source,
    load: Callable[[], Segmenter],
    decoder: Decoder,
    request: SegmentationRequest,
    folder: Callable[[int], Path],
    *,
    dataset: Dataset | None = None,
    name: Callable[[str], str] | None = None,
    finish: Callable[[SegmentedImage, str], object] | None = None,
    resume: bool = False,
    progress: SourceProgress | None = None,
) -> SegmentedSource:
    """Segment all images of a source; one image is in memory at a time.

    Parameters
    ----------
    load : gives the network; called when the first image is decoded.
    folder : where the results of an image lie, by its number from 0.
    dataset : whose image the source is, if it names a pair; the pair's mask is the truth.
    name : of an image, by its suffix; by default the source's name with the suffix.
    finish : called with each segmented image and its suffix; its failure is the source's.
    resume : keep images that are finished in their folders.
    progress : called before a source is read, before each image, and after each part of one; an
        exception that it raises ends the work.

    Raises
    ------
    OSError, CellsegError from an OSError
        Where the disk refuses, so that no other source would do better. Whatever else goes wrong
        is the `problem` of the source.
    """
    images: list[SegmentedImage] = []
    suffixes: list[str] = []
    report = progress or (lambda *_: None)
    name = name or (lambda suffix: naming.suffixed(source.name, suffix))
    report(0.0, f"Reading {source.name}")
    try:
        with readable_errors(source.name):
            decoded = _decoded(source, decoder, request.view, dataset)
            for suffix, image, truth in decoded.images:
                title, number = name(suffix), len(images)
                report(number / decoded.count, f"Segmenting {title}")

                def report_part(
                    done: int, of: int, title: str = title, number: int = number
                ) -> None:
                    if done < of:  # a stop after the last part would lose the image
                        share = (number + done / of) / decoded.count
                        report(share, f"Segmenting {title}, part {done} of {of}")

                with readable_errors(title):
                    place = folder(number)
                    segmented = SegmentedImage.read(place) if resume else None
                    segmented = segmented or segment_into(
                        load(),
                        image,
                        title,
                        place,
                        options=request.options,
                        truth=truth,
                        warnings=decoded.warnings,
                        view=decoded.view,
                        progress=report_part,
                    )
                    segmented = segmented.with_pixel_size(request.pixel_size)
                    if finish is not None:
                        finish(segmented, suffix)
                images.append(segmented)
                suffixes.append(suffix)
    except CellsegError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return SegmentedSource(images, suffixes, str(error))
    return SegmentedSource(images, suffixes, None)


def _decoded(
    source: Source, decoder: Decoder, view: View, dataset: Dataset | None
) -> _DecodedSource:
    """The images of a source, read by one request to the decoder or from its dataset."""
    if source.pair is not None:
        if dataset is None:
            raise CellsegError(f"The dataset of {source.name} is gone; its image cannot be read.")
        pair = ("", dataset.image(source.pair), dataset.labels(source.pair))
        return _DecodedSource(1, iter([pair]), [], None)
    file = decoder.decode(source.path, source.name, view)
    images = ((suffix, image, None) for suffix, image in file.images)
    return _DecodedSource(file.count, images, remarks(file.facts, view, source.name), view)


def segment_into(
    predictor: Segmenter,
    image: Image,
    name: str,
    folder: Path,
    *,
    options: PredictionOptions | None = None,
    truth: NDArray[np.integer] | None = None,
    warnings: Sequence[str] = (),
    view: View | None = None,
    progress: PartsCallback | None = None,
) -> SegmentedImage:
    """Segment one image and keep the result in a folder; it is complete or not there.

    Parameters
    ----------
    name : as `SegmentedImage.name`.
    folder : of this image alone; what an earlier try left there is replaced.
    truth : the true labels (Y, X), if known.
    warnings : sentences about the image, to be kept with it.
    view : what was taken of its file, to be kept with it.
    progress : called with (parts done, parts in all); an exception that it raises ends the work
        before anything is written.

    Raises
    ------
    CellsegError
        Where truth and image differ in size, or the disk is full or cannot be written.
    """
    began = time.perf_counter()
    cells = predictor.cells(image, options, progress)
    seconds = time.perf_counter() - began
    with disk_errors(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
        for known in (FACTS, TABLE, TRUTH):
            (folder / known).unlink(missing_ok=True)
    for file, array in (
        (IMAGE, image.pixels),
        (LABELS, cells.labels),
        (PROBABILITY, cells.probability),
    ):
        write_bytes(folder / file, array_tiff(array))
    facts = SegmentedImageFacts(
        name=name,
        height=image.height,
        width=image.width,
        axes=image.axes,
        channels=image.channels,
        channel_names=image.channel_names,
        cells=int(cells.labels.max(initial=0)),
        share=float(np.count_nonzero(cells.labels) / max(1, cells.labels.size)),
        pixel_size_file=image.pixel_size_um,
        seconds=round(seconds, 3),
        warnings=(*warnings, *cells.warnings),
        view=view,
        precision=cells.precision,
    )
    if truth is not None:
        SegmentedImage.of(facts, folder).set_truth(truth)
    write_json(folder / FACTS, facts.model_dump(mode="json"))
    return SegmentedImage.of(facts, folder)
