"""Images with label images, in a folder that workers in other Python environments read.

This module needs only NumPy.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class LabelledImage(NamedTuple):
    """An image, (Y, X) or (Y, X, 3), of any type, and its label image, (Y, X), 0 is background."""

    name: str
    image: np.ndarray
    labels: np.ndarray


def write_images(folder: Path, images: Iterable[LabelledImage]) -> None:
    """Write each image to a file in a new folder."""
    folder.mkdir(parents=True)
    for image in images:
        np.savez(folder / f"{image.name}.npz", image=image.image, labels=image.labels)


def read_images(folder: str) -> list[LabelledImage]:
    """Read the images of a folder, sorted by name."""
    images = []
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path) as saved:
            images.append(LabelledImage(path.stem, saved["image"], saved["labels"]))
    return images


def time_segmentation(
    images: Sequence[LabelledImage],
    cells: Callable[[LabelledImage], np.ndarray],
    output: str | None,
) -> dict[str, Any]:
    """Measure the time to segment images; returns seconds and the number of cells.

    Parameters
    ----------
    cells : returns the label image, (Y, X), of an image.
    output : folder to write label images to, as NAME.npy, which is not measured; None for none.
    """
    seconds, count = 0.0, 0
    for image in images:
        started = time.perf_counter()
        labels = cells(image)
        seconds += time.perf_counter() - started
        count += np.unique(labels[labels > 0]).size
        if output:
            np.save(Path(output) / f"{image.name}.npy", labels)
    return {"seconds": seconds, "cells": count}


def time_calls(images: Sequence[Any], run: Callable[[Any], object]) -> dict[str, float]:
    """Measure the time of a function for all images, seconds."""
    started = time.perf_counter()
    for image in images:
        run(image)
    return {"seconds": time.perf_counter() - started}
