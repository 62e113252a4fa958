"""True cells for results: mask files find their images by name."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from cellseg.batches.segmented_image import SegmentedImage
from cellseg.datasets.intake.pairing import pair_separate
from cellseg.datasets.masks import (
    MaskEncoding,
    choose_encoding,
    labels,
    mask_facts,
)
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.source import Source

Progress = Callable[[int, int, str], None]


def bring(
    images: Sequence[SegmentedImage],
    masks: Sequence[Source],
    *,
    view: View | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Read mask files and keep each as the truth of the image that it belongs to by name.

    What their values mean is decided over all of them, as for a dataset.

    Parameters
    ----------
    view : what was taken of the images.
    progress : called with (files read, files in all, name of the next).

    Returns
    -------
    A sentence for each mask that gave no truth.
    """
    limits = limits or Limits()
    view = view or View()
    tell = progress or (lambda *_: None)
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        try:
            scale = scale_of(masks, view, decoder, lambda n, of, at: tell(n, 2 * of, at))
        except CellsegError as error:
            return [str(error)]
        halfway = len(masks)
        return assign(
            images, masks, scale, view, decoder, lambda n, of, at: tell(halfway + n, 2 * of, at)
        )


def scale_of(
    masks: Sequence[Source], view: View, decoder: Decoder, progress: Progress | None = None
) -> MaskEncoding:
    """What the values of masks mean, by all that can be read of them.

    Raises
    ------
    CellsegError
        Where none can be read or all are empty, or where they hold grey values.
    """
    facts, problem = [], ""
    for done, mask in enumerate(masks):
        if progress:
            progress(done, len(masks), mask.name)
        try:
            facts += [mask_facts(pixels) for _, pixels in decoder.masks(mask.path, mask.name, view)]
        except CellsegError as error:
            problem = str(error)
    if not facts:
        raise CellsegError(problem or "No mask was brought; bring one for each image.")
    if all(one.empty for one in facts):
        return MaskEncoding("labels")
    return choose_encoding(facts)


def assign(
    images: Sequence[SegmentedImage],
    masks: Sequence[Source],
    scale: MaskEncoding,
    view: View,
    decoder: Decoder,
    progress: Progress | None = None,
) -> list[str]:
    """Keep each mask as the truth of its image; see `bring`."""
    problems: list[str] = []
    by_name = {image.name: image for image in images}
    files = {mask.name: mask for mask in masks}
    by_mask = _partners(list(by_name), list(files))
    for done, (name, mask) in enumerate(files.items()):
        if progress:
            progress(done, len(files), name)
        try:
            for number, (suffix, pixels) in enumerate(_read(mask, view, decoder)):
                partner = by_mask.get(name) if not suffix else None
                partner = partner or _partners(list(by_name), [suffixed(name, suffix)]).get(
                    suffixed(name, suffix)
                )
                if partner is None:
                    part = f", part {number + 1}," if suffix else ""
                    problems.append(
                        f"The mask {name}{part} belongs to no image by its name; name it like "
                        "its image."
                    )
                    continue
                by_name[partner].set_truth(labels(pixels, scale.kind, scale.foreground))
        except CellsegError as error:
            problems.append(str(error))
    return problems


def partners(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    """The mask of each image that has one, by names alone."""
    return {image: mask for mask, image in _partners(images, masks).items()}


def suffixed(name: str, suffix: str) -> str:
    """The name of one image of a stack: `a/cells_z03.tif`."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}{suffix}{path.suffix}")) if suffix else name


def _partners(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    return {pair.mask: pair.image for pair in pair_separate(images, masks).pairs}


def _read(mask: Source, view: View, decoder: Decoder) -> Iterator[tuple[str, np.ndarray]]:
    yield from decoder.masks(mask.path, mask.name, view)
