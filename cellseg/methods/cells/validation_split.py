"""Split of the training images of the recipe `cells` into training and validation images."""

from collections.abc import Sequence

from cellseg.datasets.split import make_split

MIN_FILES = 4
"""Number of files below which no validation images are set apart."""


def split_validation(
    names: Sequence[str], fraction: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split names of images into those to train on and those to validate on.

    The planes of a file, whose names end in `_z` or `_t` and a number, stay together.

    Parameters
    ----------
    fraction : of the files that validate, 0 to 1.
    """
    files = sorted({_file_of(name) for name in names})
    if fraction == 0 or len(files) < MIN_FILES:
        return tuple(names), ()
    validation = set(make_split(files, fraction=fraction).test)
    return (
        tuple(name for name in names if _file_of(name) not in validation),
        tuple(name for name in names if _file_of(name) in validation),
    )


def _file_of(name: str) -> str:
    """The name of a plane without its `_z` and `_t` numbers."""
    stem = name
    for mark in ("_z", "_t"):
        head, found, tail = stem.rpartition(mark)
        if found and tail.isdigit():
            stem = head
    return stem
