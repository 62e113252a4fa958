"""From an image to the input of the network."""

from cellseg.images.image import Image
from cellseg.images.scaling import Stretch
from cellseg.recipes.cells.settings import CellsPreprocessing


def cells_image(image: Image, settings: CellsPreprocessing) -> Stretch:
    """An image as input of the recipe `cells`, at its own size: uint8 (Y, X, 3), in windows."""
    found = Stretch.of(image, settings.percentile_low, settings.percentile_high)
    return found.filled() if settings.fill_dark else found
