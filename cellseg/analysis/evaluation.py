"""A model's scores on a dataset, at the network's size and at the images' own."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.pixels import PixelCounts, count_pixels
from cellseg.config import Preprocessing
from cellseg.datasets.store import Dataset
from cellseg.images.image import Image
from cellseg.network.preprocessing import network_mask
from cellseg.segmentation.instances import enlarged, mask_of

SIZES = ("network_size", "image_size")


class NetworkMaps(Protocol):
    """What scoring needs of a predictor: see `cellseg.segmentation.predictor.Predictor`."""

    settings: Preprocessing

    def network_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability at the network's size."""


def evaluate(
    predictor: NetworkMaps,
    dataset: Dataset,
    names: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score a model on the named pairs of a dataset.

    Parameters
    ----------
    progress : called with (pairs done, pairs in all).

    Returns
    -------
    `together` : for `network_size` and `image_size` the scores of `PixelCounts.scores`, pooled
    over the pixels of all images. `per_image` : a list with `name` and the same two for each.
    """
    pooled = dict.fromkeys(SIZES, PixelCounts())
    per_image = []
    for done, name in enumerate(names, start=1):
        image, foreground = dataset.image(name), dataset.foreground(name)
        small = predictor.network_probability(image)
        counts = {
            "network_size": count_pixels(
                network_mask(foreground, predictor.settings) > 0, mask_of(small)
            ),
            "image_size": count_pixels(
                foreground, mask_of(enlarged(small, image.height, image.width))
            ),
        }
        pooled = {size: pooled[size] + counts[size] for size in SIZES}
        per_image.append({"name": name, **{size: counts[size].scores() for size in SIZES}})
        if progress:
            progress(done, len(names))
    together = {size: counts.scores() for size, counts in pooled.items()}
    return {"together": together, "per_image": per_image}
