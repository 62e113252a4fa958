"""Images with their true cells in a folder that a worker in any environment reads.

Needs nothing but NumPy.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Picture(NamedTuple):
    """An image as it was brought, (Y, X) or (Y, X, 3), and its cells, (Y, X), 0 = background."""

    name: str
    image: np.ndarray
    labels: np.ndarray


def write(folder: Path, pictures: Iterable[Picture]) -> None:
    """Write one file for each picture into a new folder."""
    folder.mkdir(parents=True)
    for picture in pictures:
        np.savez(folder / f"{picture.name}.npz", image=picture.image, labels=picture.labels)


def read(folder: str) -> list[Picture]:
    """The pictures of a folder, by name."""
    found = []
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path) as saved:
            found.append(Picture(path.stem, saved["image"], saved["labels"]))
    return found


def segmented(
    pictures: Sequence[Picture], cells: Callable[[Picture], np.ndarray], output: str | None
) -> dict[str, Any]:
    """The seconds that finding the cells of all pictures takes, and how many are found.

    Parameters
    ----------
    cells : labels (Y, X) of a picture.
    output : folder that the labels are written into, as NAME.npy; no part of the time.
    """
    seconds, count = 0.0, 0
    for picture in pictures:
        began = time.perf_counter()
        labels = cells(picture)
        seconds += time.perf_counter() - began
        count += np.unique(labels[labels > 0]).size
        if output:
            np.save(Path(output) / f"{picture.name}.npy", labels)
    return {"seconds": seconds, "cells": count}


def timed(pictures: Sequence[Any], run: Callable[[Any], object]) -> dict[str, float]:
    """The seconds that something takes for all pictures."""
    began = time.perf_counter()
    for picture in pictures:
        run(picture)
    return {"seconds": time.perf_counter() - began}
