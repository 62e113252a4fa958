"""The image files that a command names, and the names of their results."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.exports.bundle import (
    COCO,
    IMAGES_TABLE,
    METHODS,
    PROVENANCE,
    TABLE,
    WORKBOOK,
)
from cellseg.images.reading import EXTENSIONS

ENDINGS = {
    "labels": "_labels.tif",
    "preview": "_preview.png",
    "mask": "_mask.png",
    "overlay": "_overlay.png",
    "rois": "_rois.zip",
    "geojson": ".geojson",
    "ome": ".ome.tif",
    "probability": "_probability.tif",
}
"""What follows the stem of an image in the name of each of its exports."""


def inputs(paths: Sequence[Path], output: Path) -> list[Path]:
    """The image files of the paths: each file itself, and the image files directly in a folder.

    Raises
    ------
    CellsegError
        Where a path is missing, a folder holds no image, two files share a stem (upper and lower
        case count as one), or a result would take the place of an input.
    """
    found = {file.absolute(): file for path in paths for file in images(path)}
    files = list(found.values())
    by_stem: dict[str, Path] = {}
    for file in files:
        other = by_stem.setdefault(file.stem.casefold(), file)
        if other is not file:
            raise CellsegError(
                f"{other} and {file} would both become {file.stem}{ENDINGS['labels']}; rename one "
                "of them or segment them into different folders."
            )
    taken = {file.absolute(): file for file in files}
    for target in _targets(files, output):
        if target.absolute() in taken:
            raise CellsegError(
                f"A result would overwrite the input file {target}; choose another output folder."
            )
    return files


def images(path: Path) -> list[Path]:
    """The path itself, or the image files of a folder in the order of their names.

    Raises
    ------
    CellsegError
        Where it is missing, or a folder without an image.
    """
    if path.is_dir():
        found = sorted(
            child
            for child in path.iterdir()
            if child.suffix.lower() in EXTENSIONS
            and not child.name.startswith(".")
            and child.is_file()
        )
        if not found:
            kinds = ", ".join(sorted(EXTENSIONS))
            raise CellsegError(f"The folder {path} holds no image; these are read: {kinds}.")
        return found
    if not path.exists():
        raise CellsegError(f"{path} does not exist; give image files or folders.")
    return [path]


def _targets(files: Iterable[Path], output: Path) -> list[Path]:
    found = [output / f"{file.stem}{ending}" for file in files for ending in ENDINGS.values()]
    together = (TABLE, IMAGES_TABLE, WORKBOOK, COCO, PROVENANCE, METHODS)
    return [*found, *(output / name for name in together)]
