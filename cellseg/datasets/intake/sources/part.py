"""One image or mask inside the files that were brought."""

from dataclasses import dataclass
from typing import Literal

Form = Literal["picture", "plane", "npz", "seg", "nuclei", "rois", "geojson", "coco"]


@dataclass(frozen=True)
class Part:
    """How an image or mask is found.

    name : what the user sees: the name of its file, with the entry behind it where the file holds
        several (`train-volume.tif, plane 3`).
    files : the names of the files that hold it.
    form : `picture`, a file of its own; `plane` of a multi-page TIFF; `npz`, a row of `X` or `y`;
        `seg`, Cellpose's NAME_seg.npy; `nuclei`, one file for each cell; `rois`, ImageJ regions;
        `geojson`, QuPath's; `coco`, COCO annotations.
    entry : number of the plane or row, from 0; name of the image in `rois` and `coco`; or none.
    """

    name: str
    files: tuple[str, ...]
    form: Form = "picture"
    entry: int | str | None = None

    @classmethod
    def of_file(cls, name: str) -> "Part":
        """A file that holds one picture."""
        return cls(name, (name,))
