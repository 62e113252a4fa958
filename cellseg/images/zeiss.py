"""ZEISS CZI files, through pylibCZIrw; one plane is read at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images.calibration import clean_names, square_pixel_size
from cellseg.images.size_limits import check_memory, check_pixels
from cellseg.images.stack import Stack

_DTYPES = {
    "Gray8": np.uint8,
    "Gray16": np.uint16,
    "Gray32Float": np.float32,
    "Bgr24": np.uint8,
    "Bgr48": np.uint16,
    "Bgr96Float": np.float32,
}


@contextmanager
def opened(path: Path, name: str) -> Iterator[Stack]:
    """The planes of a CZI file as one stack; its scenes are positions."""
    from pylibCZIrw import czi

    with czi.open_czi(str(path)) as file:
        planes = _Planes(file, name)
        names, pixel_size = _calibration(file.raw_metadata)
        kept = names if len(names) == planes.channels and not planes.colour else ()
        yield Stack(name, planes, planes.axes, kept, pixel_size)


READERS = {b"ZISRAWFILE": opened}
"""The reader by the first bytes of files."""


class _Planes:
    """The planes of a CZI file, indexed by the axes before Y and X."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        kinds = [str(kind) for kind in file.pixel_types.values()]
        if not kinds or any(kind not in _DTYPES for kind in kinds):
            found = ", ".join(sorted(set(kinds))) or "none"
            raise CellsegError(
                f"{name} has pixels of the type {found}; cellseg reads grey and colour values; "
                "export it as an OME-TIFF."
            )
        box = {axis: bounds[1] - bounds[0] for axis, bounds in file.total_bounding_box.items()}
        self._start = {axis: bounds[0] for axis, bounds in file.total_bounding_box.items()}
        unknown = [axis for axis, length in box.items() if axis not in "TZCYX" and length > 1]
        self.colour = any(kind.startswith("Bgr") for kind in kinds)
        if unknown or (self.colour and box.get("C", 1) > 1):
            raise CellsegError(
                f"{name} has unknown axes ({', '.join(unknown) or 'C'}); cellseg reads scenes, "
                "time points, planes and channels; export it as an OME-TIFF."
            )
        scenes = file.scenes_bounding_rectangle
        self._scenes = sorted(scenes)
        first = scenes[self._scenes[0]] if scenes else file.total_bounding_rectangle
        check_pixels(first.h, first.w, name)
        self.dtype = np.dtype(np.result_type(*(_DTYPES[kind] for kind in kinds)))
        check_memory(first.h * first.w * self.dtype.itemsize * (3 if self.colour else 1), name)
        self.channels = box.get("C", 1)
        leading = {"P": len(scenes), **{axis: box.get(axis, 1) for axis in "TZC"}}
        leading = {axis: length for axis, length in leading.items() if length > 1}
        self._leading = "".join(leading)
        self.axes = self._leading + ("YXC" if self.colour else "YX")
        self.shape = (*leading.values(), first.h, first.w, *((3,) if self.colour else ()))

    def __getitem__(self, index: tuple[int, ...]) -> np.ndarray:
        place = dict(zip(self._leading, index, strict=True))
        scene = self._scenes[place.pop("P", 0)] if self._scenes else None
        plane = {
            axis: self._start.get(axis, 0) + place.get(axis, 0)
            for axis in "TZC"
            if axis in self._start
        }
        array = self._file.read(plane=plane, scene=scene)  # (Y, X, 1) or (Y, X, 3) in B, G, R
        picture = array[..., ::-1] if self.colour else array[..., 0]
        return np.asarray(picture).astype(self.dtype, copy=False)


def _calibration(xml: str) -> tuple[tuple[str, ...], float | None]:
    """Channel names and pixel size from the metadata, which have lengths in metres."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return (), None
    base = "./Metadata/Information/Image/Dimensions/Channels/Channel"
    names = clean_names(node.get("Name") for node in root.findall(base))
    sides = {}
    for node in root.findall("./Metadata/Scaling/Items/Distance"):
        try:
            sides[node.get("Id")] = float(node.findtext("Value") or 0) * 1e6
        except ValueError:
            continue
    return names, square_pixel_size(sides.get("X", 0.0), sides.get("Y", 0.0))
