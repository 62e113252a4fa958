"""Nuclei in colours, found by the model that ships: `python -m benchmarks.colours DATA`.

DATA is dsb2018. Of its grey images with bright nuclei that the model did not learn from, the nuclei
are made blue, saved as a blue JPEG, or merged with a drawn stain of the cells' bodies in green.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from benchmarks.command import machine
from cellseg.analysis.matching import MatchCounts, count_matches, overlaps
from cellseg.datasets.intake import folders
from cellseg.images.image import Image
from cellseg.models.store import ModelStore
from cellseg.segmentation import predictor
from cellseg.workspace import Workspace

Picture = NDArray[np.uint8]
DARK = 64
"""Mean of an image below which it counts as one of bright nuclei."""

REACH = 8.0
"""How far the drawn stain reaches beyond a nucleus, pixels."""


def main() -> None:
    """Print the AP at 0.5 of all cells, way by way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    asked = parser.parse_args()
    model = ModelStore(Workspace.default()).get("nuclei")
    network = predictor.load(model)
    counts: dict[str, list[MatchCounts]] = {way: [] for way in WAYS}
    with folders.temporary_dataset(asked.data) as dataset:
        for name in model.facts.test:
            pixels, labels = dataset.image(name).pixels, dataset.labels(name)
            grey = pixels if pixels.ndim == 2 else pixels[..., 0]
            if grey.mean() > DARK or (pixels.ndim == 3 and (pixels != grey[..., None]).any()):
                continue
            for way, make in WAYS.items():
                made = make(grey, labels)
                found = network.cells(Image(made, "YX" if made.ndim == 2 else "YXC")).labels
                counts[way].append(count_matches(overlaps(labels, found), 0.5))
    print(f"{len(counts['grey'])} grey test images with bright nuclei; {machine()}\n")
    print("| nuclei | AP at 0.5 |\n|---|---|")
    for way, scored in counts.items():
        ap = sum(scored[1:], scored[0]).scores()["ap"]
        print(f"| {way} | {ap:.3f} |")


def _blue(grey: Picture, labels: NDArray[np.int32]) -> Picture:
    return np.stack([grey * 0, grey * 0, grey], axis=-1)


def _jpeg(grey: Picture, labels: NDArray[np.int32]) -> Picture:
    packed = io.BytesIO()
    Pillow.fromarray(_blue(grey, labels)).save(packed, "JPEG", quality=90)
    return np.asarray(Pillow.open(packed))


def _merged(grey: Picture, labels: NDArray[np.int32]) -> Picture:
    """With a stain in green that fills the nuclei and fades around them, uneven as cells are."""
    rng = np.random.default_rng(0)
    uneven = ndimage.gaussian_filter(rng.standard_normal(labels.shape), 3.0)
    far = ndimage.distance_transform_edt(labels == 0)
    stain = np.exp(-((far / REACH) ** 2)) * (0.5 + 0.2 * uneven / uneven.std())
    return np.stack([grey * 0, (stain.clip(0, 1) * 255).astype(np.uint8), grey], axis=-1)


WAYS: dict[str, Callable[[Picture, NDArray[np.int32]], Picture]] = {
    "grey": lambda grey, labels: grey,
    "blue": _blue,
    "blue, as JPEG": _jpeg,
    "blue, merged with a stain in green": _merged,
}


if __name__ == "__main__":
    main()
