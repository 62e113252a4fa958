"""From images and masks to the input of the network in the recipe `pixels`."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from cellseg.datasets.store import Dataset
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.recipes.pixels.settings import PixelsPreprocessing


def network_image(image: Image, settings: PixelsPreprocessing) -> NDArray[np.uint8]:
    """Resize an image to the input of the network: RGB, 8 bits, square.

    Parameters
    ----------
    image : grey or colour, of any bit depth; above 8 bits each channel is scaled by percentiles.
    settings : size and percentiles.

    Returns
    -------
    uint8 (size, size, 3), 0 to 255; the pipeline divides by 255.
    """
    rgb = to_rgb8(image, settings.percentile_low, settings.percentile_high)
    size = (settings.image_size, settings.image_size)
    return np.asarray(Pillow.fromarray(rgb).resize(size, Pillow.Resampling.BILINEAR))


def network_mask(foreground: NDArray[np.bool_], settings: PixelsPreprocessing) -> NDArray[np.uint8]:
    """Resize a foreground mask to the size of the network.

    A pixel becomes foreground if more than half of the area that it covers is foreground.

    Parameters
    ----------
    foreground : bool (Y, X).
    settings : size.

    Returns
    -------
    uint8 (size, size): 0 is background, 1 is foreground.
    """
    size = (settings.image_size, settings.image_size)
    picture = Pillow.fromarray(foreground.astype(np.uint8) * 255)
    coverage = np.asarray(picture.resize(size, Pillow.Resampling.BOX))
    return (coverage > 127).astype(np.uint8)


def load_arrays(
    dataset: Dataset,
    names: Sequence[str],
    settings: PixelsPreprocessing,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load pairs of a dataset as one array of images and one of masks.

    Parameters
    ----------
    names : of the pairs.
    progress : called with (pairs done, pairs in all); an exception that it raises ends the loading.

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
