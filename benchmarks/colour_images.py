"""Coloured images, segmented by the shipped model: `python -m benchmarks.colour_images DATA`.

DATA is dsb2018. Its grey test images with bright nuclei are converted to blue images, to blue JPEG
files, and to merges with a synthetic stain of the cytoplasm in green.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from benchmarks.command_line import describe_machine
from cellseg.analysis.matching import MatchCounts, count_matches, overlaps
from cellseg.datasets.intake import folders
from cellseg.images.image import Image
from cellseg.models.store import ModelStore
from cellseg.segmentation import predictor
from cellseg.workspace import Workspace

Pixels = NDArray[np.uint8]

MAX_MEAN = 64
"""Largest mean grey value of an image with bright nuclei."""

STAIN_RADIUS = 8.0
"""Distance over which the synthetic stain fades around a nucleus, pixels."""


def main() -> None:
    """Print the AP at 0.5 of all cells for each conversion."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    model = ModelStore(Workspace.default()).get("nuclei")
    segmenter = predictor.load_predictor(model)
    counts: dict[str, list[MatchCounts]] = {conversion: [] for conversion in CONVERSIONS}
    with folders.temporary_dataset(options.data) as dataset:
        for name in model.facts.test:
            pixels, labels = dataset.image(name).pixels, dataset.labels(name)
            grey = pixels if pixels.ndim == 2 else pixels[..., 0]
            if grey.mean() > MAX_MEAN or (pixels.ndim == 3 and (pixels != grey[..., None]).any()):
                continue
            for conversion, convert in CONVERSIONS.items():
                converted = convert(grey, labels)
                found = segmenter.cells(
                    Image(converted, "YX" if converted.ndim == 2 else "YXC")
                ).labels
                counts[conversion].append(count_matches(overlaps(labels, found), 0.5))
    print(f"{len(counts['grey'])} grey test images with bright nuclei; {describe_machine()}\n")
    print("| nuclei | AP at 0.5 |\n|---|---|")
    for conversion, matches in counts.items():
        ap = sum(matches[1:], matches[0]).scores()["ap"]
        print(f"| {conversion} | {ap:.3f} |")


def _blue(grey: Pixels, labels: NDArray[np.int32]) -> Pixels:
    return np.stack([grey * 0, grey * 0, grey], axis=-1)


def _jpeg(grey: Pixels, labels: NDArray[np.int32]) -> Pixels:
    buffer = io.BytesIO()
    Pillow.fromarray(_blue(grey, labels)).save(buffer, "JPEG", quality=90)
    return np.asarray(Pillow.open(buffer))


def _merged(grey: Pixels, labels: NDArray[np.int32]) -> Pixels:
    """Merge with an uneven green stain that fills the nuclei and fades around them."""
    rng = np.random.default_rng(0)
    uneven = ndimage.gaussian_filter(rng.standard_normal(labels.shape), 3.0)
    distance = ndimage.distance_transform_edt(labels == 0)
    stain = np.exp(-((distance / STAIN_RADIUS) ** 2)) * (0.5 + 0.2 * uneven / uneven.std())
    return np.stack([grey * 0, (stain.clip(0, 1) * 255).astype(np.uint8), grey], axis=-1)


CONVERSIONS: dict[str, Callable[[Pixels, NDArray[np.int32]], Pixels]] = {
    "grey": lambda grey, labels: grey,
    "blue": _blue,
    "blue, as JPEG": _jpeg,
    "blue, merged with a green stain": _merged,
}


if __name__ == "__main__":
    main()
