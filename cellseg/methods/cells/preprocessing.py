"""From an image to the input of the network in the recipe `cells`."""

from cellseg.images.image import Image
from cellseg.images.scaling import ContrastStretch
from cellseg.recipes.cells.settings import CellsPreprocessing


def scale_intensities(image: Image, settings: CellsPreprocessing) -> ContrastStretch:
    """Scale the intensities of an image by percentiles, at its own size.

    Returns
    -------
    The image as uint8 (Y, X, 3), computed window by window.
    """
    stretch = ContrastStretch.of(image, settings.percentile_low, settings.percentile_high)
    return stretch.with_filled_channels() if settings.fill_dark else stretch
