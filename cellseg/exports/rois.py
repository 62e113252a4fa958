"""ROIs for the ROI Manager of ImageJ and Fiji, exact to the pixel."""

from collections.abc import Iterator

import numpy as np
from roifile import ROI_TYPE, ImagejRoi

from cellseg.analysis.outlines import Outlines, Polygon, Ring
from cellseg.errors import CellsegError
from cellseg.exports.zip_files import zip_bytes

HIGHEST_COORDINATE = 60_535
"""Largest coordinate; ImageJ reads larger 16-bit values as negative (RoiDecoder.java, getShort)."""
MAX_POINTS = 65_535
"""Most points of a polygon; ImageJ saves longer ones as composites (RoiEncoder.java)."""
_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0


def roi_zip(cells: Outlines) -> bytes:
    """A zip with one ROI for each cell, named by its label.

    A cell of one part without holes is a traced polygon, like those of ImageJ's wand tool; any
    other cell is a composite ROI. Filled by ImageJ, both cover exactly the pixels of the cell.

    Raises
    ------
    CellsegError
        Where a coordinate is too large for ImageJ's files.
    """
    reach = int(cells.points.max(initial=0))
    if reach > HIGHEST_COORDINATE:
        raise CellsegError(
            f"A cell reaches pixel {reach}; ImageJ ROI files allow coordinates up to "
            f"{HIGHEST_COORDINATE:,}; export GeoJSON or the label TIFF, or crop the image."
        )
    return zip_bytes(_files(cells))


def _files(cells: Outlines) -> Iterator[tuple[str, bytes]]:
    for label, polygons in cells.cells():
        rings = [ring for polygon in polygons for ring in polygon]
        whole = len(rings) == 1 and len(rings[0]) <= MAX_POINTS
        roi = _polygon(rings[0]) if whole else _composite(rings)
        roi.name = str(label)
        yield f"{label}.roi", roi.tobytes()


def _polygon(ring: Ring) -> ImagejRoi:
    (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    return ImagejRoi(
        roitype=ROI_TYPE.TRACED,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        n_coordinates=len(ring),
        integer_coordinates=ring - np.array([left, top], np.int32),
    )


def _composite(rings: Polygon) -> ImagejRoi:
    """A composite ROI: a path that moves to the first point of each ring and draws the others."""
    (left, top), (right, bottom) = (
        np.min([ring.min(axis=0) for ring in rings], axis=0).tolist(),
        np.max([ring.max(axis=0) for ring in rings], axis=0).tolist(),
    )
    path = np.concatenate([_path(ring) for ring in rings])
    return ImagejRoi(
        roitype=ROI_TYPE.RECT,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        shape_roi_size=path.size,
        multi_coordinates=path,
    )


def _path(ring: Ring) -> np.ndarray:
    steps = np.full((len(ring), 3), _LINE, np.float32)
    steps[0, 0] = _MOVE
    steps[:, 1:] = ring
    return np.append(steps.reshape(-1), np.float32(_CLOSE))
