"""The files of pairs in one folder: image, mask and thumbnails of both.

cellseg writes `images/NAME.tif` and `masks/NAME.tif` (lossless, in their own dtype), and
`previews/NAME.png` and `previews/NAME.tif` (at most 256 pixels wide and high).
"""

import hashlib
import os
import shutil
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cellseg import naming
from cellseg.datasets.masks import MaskFacts, MaskKind, mask_facts
from cellseg.images.image import Image
from cellseg.images.reading import read_image, read_mask
from cellseg.images.scaling import thumbnail, thumbnail_labels, to_rgb8
from cellseg.images.writing import mask_tiff_bytes, png_bytes, tiff_bytes
from cellseg.workspace import slug

# Windows reserves these names for devices, with any extension.
_RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789"
}


@dataclass(frozen=True)
class PairFacts:
    """Facts of an image and its mask, stored in `dataset.json`.

    name : of the pair in its dataset: lower-case letters, digits and hyphens, unique.
    image_name, mask_name : names of the user's files.
    height, width : of both, pixels.
    channels : of the image, 1 or 3.
    dtype : of the image.
    image_sha256, mask_sha256 : of dtype, shape and pixels, in hex.
    mask : values of the mask.
    labels : number of cells in a dataset of label images, else None.
    """

    name: str
    image_name: str
    mask_name: str
    height: int
    width: int
    channels: int
    dtype: str
    image_sha256: str
    mask_sha256: str
    mask: MaskFacts
    labels: int | None = None

    def with_label_count(self, kind: MaskKind) -> "PairFacts":
        """The facts for a dataset with masks of this kind: `labels` is set or None."""
        return replace(self, labels=self.mask.objects if kind == "labels" else None)

    @property
    def content(self) -> tuple[str, str]:
        """Hashes of the pixels of image and mask; the name of the pair does not matter."""
        return self.image_sha256, self.mask_sha256


class PairFiles:
    """The files of the pairs in a folder; see the module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self, name: str, image: Image, mask: np.ndarray, image_name: str, mask_name: str
    ) -> PairFacts:
        """Write a pair.

        Parameters
        ----------
        name : as `PairFacts.name`.
        mask : (Y, X) of the image's size, unsigned integer.
        """
        if mask.shape != (image.height, image.width):
            raise ValueError(f"a mask of {mask.shape} for an image of {image.pixels.shape}")
        contents = (
            tiff_bytes(image),
            mask_tiff_bytes(mask),
            png_bytes(thumbnail(to_rgb8(image))),
            mask_tiff_bytes(thumbnail_labels(mask)),
        )
        for path, content in zip(self._paths(name), contents, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return PairFacts(
            name=name,
            image_name=image_name,
            mask_name=mask_name,
            height=image.height,
            width=image.width,
            channels=image.channels,
            dtype=image.bits,
            image_sha256=_pixel_hash(image.pixels),
            mask_sha256=_pixel_hash(mask),
            mask=mask_facts(mask),
        )

    def image(self, name: str) -> Image:
        """The image of a pair with its original pixels."""
        return read_image(self._paths(name)[0])

    def mask(self, name: str) -> np.ndarray:
        """The mask of a pair with its original values, (Y, X)."""
        return read_mask(self._paths(name)[1])

    def preview(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails of a pair: the image, uint8 (Y, X, 3), and the values of its mask, (Y, X)."""
        _, _, image, mask = self._paths(name)
        rgb8 = read_image(image).pixels
        return rgb8, read_mask(mask)

    def copy(self, name: str, target: "PairFiles", new_name: str) -> None:
        """Copy a pair to another folder, as hard links where the disk supports them."""
        for source, destination in zip(self._paths(name), target._paths(new_name), strict=True):
            destination.parent.mkdir(parents=True, exist_ok=True)
            destination.unlink(missing_ok=True)
            try:
                os.link(source, destination)
            except OSError:
                shutil.copyfile(source, destination)

    def remove(self, name: str) -> None:
        """Delete the files of a pair; missing files and refusals of the disk are ignored."""
        for path in self._paths(name):
            with suppress(OSError):
                path.unlink()

    def _paths(self, name: str) -> tuple[Path, Path, Path, Path]:
        return (
            self.folder / "images" / f"{name}.tif",
            self.folder / "masks" / f"{name}.tif",
            self.folder / "previews" / f"{name}.png",
            self.folder / "previews" / f"{name}.tif",
        )


def pair_name(wanted: str, taken: Container[str]) -> str:
    """A name for a pair that is a safe file name everywhere and that no other pair has."""
    base = slug(wanted) or "image"
    if base in _RESERVED:
        base = f"image-{base}"
    return naming.numbered_id(base, lambda name: name in taken)


def _pixel_hash(array: np.ndarray) -> str:
    digest = hashlib.sha256(f"{array.dtype.name} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
