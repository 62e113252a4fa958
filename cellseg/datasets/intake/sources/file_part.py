"""One image or mask inside one or more files."""

from dataclasses import dataclass
from typing import Literal

Form = Literal["picture", "plane", "npz", "seg", "nuclei", "rois", "geojson", "coco"]


@dataclass(frozen=True)
class FilePart:
    """Where an image or mask is stored.

    name : for the user: the name of its file, followed by the entry where the file holds several
        (`train-volume.tif, plane 3`).
    files : names of the files that hold it.
    form : `picture`, a file of its own; `plane` of a multi-page TIFF; `npz`, a row of `X` or `y`;
        `seg`, Cellpose's NAME_seg.npy; `nuclei`, one file for each cell; `rois`, ImageJ ROIs;
        `geojson`, of QuPath; `coco`, COCO annotations.
    entry : number of the plane or row, from 0; name of the image in `rois` and `coco`; or None.
    """

    name: str
    files: tuple[str, ...]
    form: Form = "picture"
    entry: int | str | None = None

    @classmethod
    def of_file(cls, name: str) -> "FilePart":
        """A file that holds one image or mask."""
        return cls(name, (name,))
