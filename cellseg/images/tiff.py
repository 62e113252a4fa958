"""TIFF files that hold one picture, through tifffile."""

from pathlib import Path

import numpy as np
import tifffile

from cellseg.errors import CellsegError
from cellseg.images.raster import Raster, check_pixels

_GREY = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE)
_COLOUR = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)


def _read(path: Path, name: str) -> Raster:
    """Read the one picture of a TIFF file.

    Raises
    ------
    CellsegError
        For several pages, a number of channels other than 1 or 3 (transparency does not count),
        a colour space other than grey, palette, RGB or CMYK, and a picture that is too large.
    """
    with tifffile.TiffFile(path) as file:
        page = file.series[0].keyframe
        values = sum(series.size for series in file.series)
        if values != page.size:
            raise CellsegError(
                f"{name} holds {max(2, values // page.size)} pages; needed is a TIFF with one "
                "picture; save the page you want as a file of its own."
            )
        check_pixels(page.imagelength, page.imagewidth, name)
        if page.imagedepth != 1 or page.samplesperpixel > 5:
            raise CellsegError(_channels_sentence(name, page.imagedepth * page.samplesperpixel))
        array = page.asarray()
        return _raster(np.moveaxis(array, 0, -1) if page.axes == "SYX" else array, page, name)


READERS = dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _read)
"""The reader, by the first bytes of the files: little and big endian, TIFF and BigTIFF."""


def _raster(array: np.ndarray, page: tifffile.TiffPage, name: str) -> Raster:
    """Reduce (Y, X) or (Y, X, S) as stored to 1 or 3 channels."""
    dark_is_high = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
    if array.dtype == bool:  # 1 bit a pixel: 255 where it is shown bright
        array = np.where(array != dark_is_high, np.uint8(255), np.uint8(0))
        dark_is_high = False
    if array.ndim == 2:
        array = array[..., np.newaxis]  # (Y, X, S)
    samples = array.shape[2]
    colours = samples - sum(int(extra) != 0 for extra in page.extrasamples)  # 0: not transparency
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and colours == 1:
        palette = np.asarray(page.colormap).T >> 8  # (N, 3), 16 bits each as stored
        return Raster(array[..., 0], palette=palette.astype(np.uint8))
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED and colours == 4:
        return Raster(_rgb_of_cmyk(array[..., :4]))
    if page.photometric in _GREY and colours in (1, 3):
        return Raster(array[..., :3] if colours == 3 else array[..., 0], dark_is_high=dark_is_high)
    if page.photometric in _COLOUR and samples in (3, 4):
        return Raster(array[..., :3])
    if page.photometric in _GREY + _COLOUR:
        raise CellsegError(_channels_sentence(name, samples))
    space = getattr(page.photometric, "name", "unknown")
    raise CellsegError(
        f"{name} has the colour space {space}; needed is grey, RGB or CMYK; save it as RGB."
    )


def _rgb_of_cmyk(array: np.ndarray) -> np.ndarray:
    """Mix inks: RGB = (1 - CMY) (1 - K), in the dtype of the array, of whole numbers."""
    full = np.float32(np.iinfo(array.dtype).max)
    paper = 1 - array.astype(np.float32) / full
    return np.round(paper[..., :3] * paper[..., 3:] * full).astype(array.dtype)


def _channels_sentence(name: str, channels: int) -> str:
    return (
        f"{name} has {channels} channels; needed is a grey image or one with red, green and blue; "
        "save the channels you want as such an image."
    )
