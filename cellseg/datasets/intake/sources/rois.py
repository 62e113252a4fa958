"""ROIs of ImageJ and Fiji: RoiSet.zip, or a single .roi."""

import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import roifile

from cellseg.datasets.intake.sources.label_merging import Merged, filled_pixels, merge
from cellseg.errors import CellsegError

_AREAS = (
    roifile.ROI_TYPE.POLYGON,
    roifile.ROI_TYPE.RECT,
    roifile.ROI_TYPE.OVAL,
    roifile.ROI_TYPE.FREEHAND,
    roifile.ROI_TYPE.TRACED,
)
_MAX_ROI_BYTES = 64 * 1024**2


def roi_names(path: Path) -> list[str]:
    """Names of the ROIs in a RoiSet.zip, with their folders, without `.roi`."""
    with zipfile.ZipFile(path) as archive:
        return [name[:-4] for name in _members(archive)]


def read_rois(path: Path, name: str, entry: str | None, shape: tuple[int, int]) -> Merged:
    """Read ROIs as a label image; lines and points are skipped.

    Parameters
    ----------
    name : of the file in messages.
    entry : name of the image whose ROIs are read; None reads all.
    shape : (Y, X) of the image.

    Raises
    ------
    CellsegError
        Where the file is damaged or has no area ROI.
    """
    rois = []
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in _members(archive):
                    if entry is None or belongs_to_image(member[:-4], entry):
                        if archive.getinfo(member).file_size > _MAX_ROI_BYTES:
                            raise ValueError("an ROI is too large")
                        rois.append(roifile.ImagejRoi.frombytes(archive.read(member)))
        else:
            rois.append(roifile.ImagejRoi.frombytes(path.read_bytes()))
        cells = [filled_pixels(_rings(roi), shape) for roi in rois if _is_area(roi)]
    except CellsegError:
        raise
    except Exception as error:
        raise CellsegError(
            f"{name} cannot be read as ImageJ ROIs ({type(error).__name__}); save them again in "
            "the ROI Manager of Fiji with More > Save."
        ) from error
    if rois and not cells:
        raise CellsegError(
            f"{name} has lines or points but no area; cellseg needs outlines of cells; draw them "
            "with the polygon, freehand or oval tool."
        )
    return merge(cells, shape)


def belongs_to_image(roi: str, image: str) -> bool:
    """Whether the name of an ROI begins with the name of an image as a whole word."""
    path = PurePosixPath(roi.replace("\\", "/"))
    if image in path.parts[:-1]:
        return True
    return path.name.startswith(image) and not path.name[len(image) : len(image) + 1].isalnum()


def _members(archive: zipfile.ZipFile) -> list[str]:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return [name for name in names if name.lower().endswith(".roi") and "__MACOSX" not in name]


def _is_area(roi: roifile.ImagejRoi) -> bool:
    return roi.roitype in _AREAS or roi.multi_coordinates is not None


def _rings(roi: roifile.ImagejRoi) -> list[np.ndarray]:
    rings = roi.coordinates(multi=True)
    listed = rings if isinstance(rings, list) else [rings]
    return [np.asarray(ring, np.float64).reshape(-1, 2) for ring in listed]
