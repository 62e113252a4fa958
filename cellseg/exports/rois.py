"""ImageJ and Fiji: a zip of ROIs for the ROI Manager, exact to the pixel."""

from collections.abc import Iterator

import numpy as np
from roifile import ROI_TYPE, ImagejRoi

from cellseg.analysis.outlines import Outlines, Polygon, Ring
from cellseg.errors import CellsegError
from cellseg.exports.archive import zip_bytes

HIGHEST_COORDINATE = 60_535
"""ImageJ reads larger 16-bit numbers as negative ones (RoiDecoder.java, getShort)."""
MOST_POINTS = 65_535
"""Of a polygon; ImageJ saves longer ones as composites (RoiEncoder.java)."""
_MOVE, _LINE, _CLOSE = 0.0, 1.0, 4.0


def roi_zip(cells: Outlines) -> bytes:
    """A zip with one ROI for each cell, named by its label.

    A cell of one part without holes becomes a traced polygon, as ImageJ's own wand makes it; any
    other becomes one composite ROI of all its rings. ImageJ fills both by pixel centres, which
    gives back the pixels of the label image.

    Raises
    ------
    CellsegError
        Where a cell lies beyond the coordinates that ImageJ's files can hold.
    """
    reach = int(cells.points.max(initial=0))
    if reach > HIGHEST_COORDINATE:
        raise CellsegError(
            f"A cell reaches pixel {reach}; ImageJ ROI files hold pixels up to "
            f"{HIGHEST_COORDINATE:,}; export GeoJSON or the label TIFF, or cut the image in parts."
        )
    return zip_bytes(_files(cells))


def _files(cells: Outlines) -> Iterator[tuple[str, bytes]]:
    for label, polygons in cells.cells():
        rings = [ring for polygon in polygons for ring in polygon]
        whole = len(rings) == 1 and len(rings[0]) <= MOST_POINTS
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
    """A path of all rings: each moves to its first point, draws to the others and closes."""
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
