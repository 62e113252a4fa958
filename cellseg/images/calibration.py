"""Channel names and pixel size from the metadata of TIFF files."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from xml.etree import ElementTree

import tifffile

_UM = {
    "km": 1e9,
    "m": 1e6,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "nm": 1e-3,
    "å": 1e-4,
    "pm": 1e-6,
    "in": 25_400.0,
    "inch": 25_400.0,
}
"""Micrometres in each unit."""

_LONGEST_NAME = 80


class Calibration(NamedTuple):
    """Channel names, empty where unknown, and the side of a square pixel in µm, or None."""

    channel_names: tuple[str, ...] = ()
    pixel_size_um: float | None = None


def of_tiff(file: tifffile.TiffFile) -> Calibration:
    """Calibration of an OME-TIFF or ImageJ TIFF; empty for other files."""
    if file.is_ome:
        return of_ome(file.ome_metadata or "")
    if file.is_imagej:
        return _of_imagej(file)
    return Calibration()


def of_ome(xml: str) -> Calibration:
    """Calibration of the first image in OME-XML."""
    try:
        root = ElementTree.fromstring(xml.encode())
    except ElementTree.ParseError:
        return Calibration()
    pixels = next((node for node in root.iter() if _tag(node) == "Pixels"), None)
    if pixels is None:
        return Calibration()
    sides = [
        _number(pixels.get(f"PhysicalSize{axis}")) * _micrometres(pixels.get(unit, "µm"))
        for axis, unit in (("X", "PhysicalSizeXUnit"), ("Y", "PhysicalSizeYUnit"))
    ]
    channels = [node for node in pixels if _tag(node) == "Channel"]
    names = clean_names(node.get("Name") for node in channels)
    return Calibration(names, square_pixel_size(*sides))


def square_pixel_size(width: float, height: float) -> float | None:
    """The side of a pixel that is known and square within 1 %, else None."""
    known = 0 < width < float("inf") and 0 < height < float("inf")
    return float(width) if known and abs(width - height) <= 0.01 * width else None


def clean_names(names: Iterable[Any]) -> tuple[str, ...]:
    """Channel names on one line each; empty where a name is missing."""
    tidy = [" ".join(str(name or "").split())[:_LONGEST_NAME] for name in names]
    return tuple(tidy) if all(tidy) else ()


def _of_imagej(file: tifffile.TiffFile) -> Calibration:
    metadata = file.imagej_metadata or {}
    page = file.pages[0]
    unit = _micrometres(str(metadata.get("unit", "")))
    sides = []
    for tag in ("XResolution", "YResolution"):
        value = page.tags.valueof(tag)
        pixels, units = value if isinstance(value, tuple) and len(value) == 2 else (0, 0)
        sides.append(unit * units / pixels if pixels else 0.0)
    labels = metadata.get("Labels")
    channels = metadata.get("channels", 1)
    names = labels if isinstance(labels, list) and metadata.get("images", 1) == channels else []
    kept = clean_names(names) if len(names) == channels else ()
    return Calibration(kept, square_pixel_size(sides[0], sides[1]))


def _micrometres(unit: str) -> float:
    """Micrometres in a unit; 0 for an unknown unit."""
    unit = unit.strip().replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    return _UM.get(unit.casefold() if unit.casefold() in _UM else unit, 0.0)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]
