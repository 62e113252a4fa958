"""Outlines of cells in JSON files of QuPath and COCO."""

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from cellseg.datasets.intake.sources.label_merging import Merged, filled_pixels, merge
from cellseg.datasets.intake.sources.run_lengths import decode_run_lengths
from cellseg.errors import CellsegError

_CELLS = {"detection", "cell"}
MAX_BYTES = 512 * 1024**2
"""Largest JSON file that is read."""


def read_json_file(path: Path, name: str) -> Any:
    """The content of a JSON file.

    Raises
    ------
    CellsegError
        Where it is no JSON, or too large.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CellsegError(
            f"{name} has {path.stat().st_size / 1e6:,.0f} MB of outlines; cellseg reads at most "
            f"{MAX_BYTES / 1e6:,.0f} MB; save one file for each image."
        )
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CellsegError(
            f"{name} is not valid JSON; save the annotations again as GeoJSON or COCO."
        ) from error


def is_geojson(content: Any) -> bool:
    """Whether JSON holds features as QuPath writes them."""
    if isinstance(content, list):
        content = content[0] if content else None
    return isinstance(content, dict) and content.get("type") in ("Feature", "FeatureCollection")


def coco_images(content: Any) -> list[str] | None:
    """File names of the images in COCO annotations; None for other JSON."""
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        return None
    images = content.get("images")
    if not isinstance(images, list):
        return None
    return [str(image["file_name"]) for image in images if _has(image, "file_name", "id")]


def read_geojson(path: Path, name: str, shape: tuple[int, int]) -> Merged:
    """Read areas as a label image; in a file with detections or cells, only these.

    Parameters
    ----------
    name : of the file in messages.
    shape : (Y, X) of the image.

    Raises
    ------
    CellsegError
        Where the file is no GeoJSON.
    """
    content = read_json_file(path, name)
    if not is_geojson(content):
        raise CellsegError(
            f"{name} is not GeoJSON as QuPath writes it; export the objects with File, Export "
            "objects as GeoJSON."
        )
    listed = content if isinstance(content, list) else content.get("features", [content])
    features = [feature for feature in listed if _has(feature, "geometry")]
    cells = [feature for feature in features if _object_type(feature) in _CELLS]
    areas = (_polygons(feature["geometry"]) for feature in cells or features)
    try:
        return merge((filled_pixels(rings, shape) for rings in areas if rings), shape)
    except (TypeError, ValueError, IndexError) as error:
        raise CellsegError(
            f"{name} has an outline that is not a list of x and y; export it from QuPath again."
        ) from error


def read_coco(path: Path, name: str, entry: str, shape: tuple[int, int]) -> Merged:
    """Read the annotations of one image as a label image.

    Parameters
    ----------
    name : of the file in messages.
    entry : `file_name` of the image.
    shape : (Y, X) of the image.

    Raises
    ------
    CellsegError
        Where the file does not list the image, or an outline cannot be read.
    """
    content = read_json_file(path, name)
    ids = [
        image["id"]
        for image in content.get("images", [])
        if _has(image, "file_name", "id") and str(image["file_name"]) == entry
    ]
    if not ids:
        raise CellsegError(f"{name} does not list the image {entry}; export the annotations again.")
    annotations = [
        annotation
        for annotation in content["annotations"]
        if _has(annotation, "image_id", "segmentation") and annotation["image_id"] == ids[0]
    ]
    try:
        return merge((_coco_pixels(each["segmentation"], shape) for each in annotations), shape)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise CellsegError(
            f"{name} has an annotation of {PurePosixPath(entry).name} that is neither a polygon "
            "nor run lengths of the image's size; export the annotations again."
        ) from error


def _coco_pixels(drawn: Any, shape: tuple[int, int]) -> np.ndarray:
    """Flat indices of the pixels of one annotation: run lengths, or the union of polygons."""
    if isinstance(drawn, dict):
        return np.flatnonzero(decode_run_lengths(drawn, shape))
    rings = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in drawn]
    parts = [filled_pixels([ring], shape) for ring in rings]
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.intp)


def _polygons(geometry: Any) -> list[np.ndarray]:
    """All rings of a Polygon or MultiPolygon; holes are rings too."""
    if not isinstance(geometry, dict):
        return []
    kind, points = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        listed: Iterable[Any] = points or ()
    elif kind == "MultiPolygon":
        listed = (ring for polygon in points or () for ring in polygon)
    else:
        return []
    return [np.asarray(ring, np.float64).reshape(len(ring), -1)[:, :2] for ring in listed]


def _object_type(feature: Any) -> str:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return ""
    return str(properties.get("objectType", properties.get("object_type", "")))


def _has(content: Any, *keys: str) -> bool:
    return isinstance(content, dict) and all(key in content for key in keys)
