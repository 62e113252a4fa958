"""From an image and its mask to the arrays that the network sees."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from cellseg.datasets.store import Dataset
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.recipes.pixels.settings import PixelsPreprocessing


def network_image(image: Image, settings: PixelsPreprocessing) -> NDArray[np.uint8]:
    """An image as input of the original recipe: colour, 8 bits, resized to a square.

    Parameters
    ----------
    image : YX or YXC, any depth; more than 8 bits are scaled by percentiles of each channel.
    settings : side of the square and the percentiles.

    Returns
    -------
    uint8 array (size, size, 3), 0 to 255; the pipeline divides by 255.
    """
    rgb = to_rgb8(image, settings.percentile_low, settings.percentile_high)
    size = (settings.image_size, settings.image_size)
    return np.asarray(Pillow.fromarray(rgb).resize(size, Pillow.Resampling.BILINEAR))


def network_mask(foreground: NDArray[np.bool_], settings: PixelsPreprocessing) -> NDArray[np.uint8]:
    """A mask at the network's size: 1 is foreground, 0 background.

    A pixel is foreground where more than half of the area that it stands for is. Labels never mix:
    what is resized is the mask of their foreground.

    Parameters
    ----------
    foreground : bool array (Y, X).

    Returns
    -------
    uint8 array (size, size) of 0 and 1.
    """
    size = (settings.image_size, settings.image_size)
    picture = Pillow.fromarray(foreground.astype(np.uint8) * 255)
    share = np.asarray(picture.resize(size, Pillow.Resampling.BOX))
    return (share > 127).astype(np.uint8)


def gather(
    dataset: Dataset,
    names: Sequence[str],
    settings: PixelsPreprocessing,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The named pairs of a dataset as one array of images and one of masks.

    Parameters
    ----------
    progress : called with (pairs done, pairs in all); what it raises ends the gathering.

    Returns
    -------
    images : uint8 (N, size, size, 3), 0 to 255.
    masks : uint8 (N, size, size), 0 background, 1 foreground.
    """
    size = settings.image_size
    images = np.empty((len(names), size, size, 3), np.uint8)
    masks = np.empty((len(names), size, size), np.uint8)
    for index, name in enumerate(names):
        images[index] = network_image(dataset.image(name), settings)
        masks[index] = network_mask(dataset.foreground(name), settings)
        if progress:
            progress(index + 1, len(names))
    return images, masks
