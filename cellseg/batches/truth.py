"""True masks of segmented images: mask files find their images by name."""

from collections.abc import Callable, Sequence

from cellseg import naming
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import readable_errors
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


def add_truth(
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
    report = progress or (lambda *_: None)
    with Decoder(limits.file_seconds, limits.image_pixels) as decoder:
        try:
            encoding = encoding_of(masks, view, decoder, lambda n, of, at: report(n, 2 * of, at))
        except CellsegError as error:
            return [str(error)]
        halfway = len(masks)
        return assign(
            images,
            masks,
            encoding,
            view,
            decoder,
            lambda n, of, at: report(halfway + n, 2 * of, at),
        )


def encoding_of(
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
            with readable_errors(mask.name, "read"):
                masks_of_file = decoder.masks(mask.path, mask.name, view)
                facts += [mask_facts(pixels) for _, pixels in masks_of_file]
        except CellsegError as error:
            problem = str(error)
    if not facts:
        raise CellsegError(problem or "There is no mask; add one for each image.")
    if all(one.empty for one in facts):
        return MaskEncoding("labels")
    return choose_encoding(facts)


def assign(
    images: Sequence[SegmentedImage],
    masks: Sequence[Source],
    encoding: MaskEncoding,
    view: View,
    decoder: Decoder,
    progress: Progress | None = None,
) -> list[str]:
    """Keep each mask as the truth of its image; see `add_truth`."""
    problems: list[str] = []
    by_name = {image.name: image for image in images}
    files = {mask.name: mask for mask in masks}
    by_mask = _image_by_mask(list(by_name), list(files))
    for done, (name, mask) in enumerate(files.items()):
        if progress:
            progress(done, len(files), name)
        try:
            with readable_errors(name, "read"):
                masks_of_file = decoder.masks(mask.path, name, view)
                for number, (suffix, pixels) in enumerate(masks_of_file):
                    partner = by_mask.get(name) if not suffix else None
                    if partner is None:
                        called = naming.suffixed(name, suffix)
                        partner = _image_by_mask(list(by_name), [called]).get(called)
                    if partner is None:
                        problems.append(_without_image(name, number, suffix))
                        continue
                    by_name[partner].set_truth(labels(pixels, encoding.kind, encoding.foreground))
        except CellsegError as error:
            problems.append(str(error))
    return problems


def mask_by_image(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    """The mask of each image that has one, by names alone."""
    return {image: mask for mask, image in _image_by_mask(images, masks).items()}


def _without_image(name: str, number: int, suffix: str) -> str:
    part = f", part {number + 1}," if suffix else ""
    return f"The mask {name}{part} belongs to no image by its name; name it like its image."


def _image_by_mask(images: Sequence[str], masks: Sequence[str]) -> dict[str, str]:
    return {pair.mask: pair.image for pair in pair_separate(images, masks).pairs}
