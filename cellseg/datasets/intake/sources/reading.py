"""Decoding of images and masks of any layout, in the child process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cellseg.datasets.intake.file_names import Role
from cellseg.datasets.intake.sources.file_part import FilePart
from cellseg.errors import CellsegError
from cellseg.images.decoding import TIMEOUT, Decoder
from cellseg.images.image import Image
from cellseg.images.selection import image_indices
from cellseg.images.view import View


@dataclass(frozen=True, eq=False)
class StoredMask:
    """A mask with its values as stored.

    pixels : (Y, X) unsigned integer, or (Y, X, 3) for a colour picture.
    palette : whether the values are indices of a colour palette.
    overlap : number of pixels that more than one cell covers.
    """

    pixels: np.ndarray
    palette: bool = False
    overlap: int = 0


class SourceDecoder(Decoder):
    """A decoder for the parts of files; raises as `Decoder`.

    Parameters
    ----------
    files : path of each file by its name.
    masks : the same for masks that the user gave separately.
    timeout, max_pixels : as in `Decoder`.
    view : planes and channels that are used, for `page_count`.
    """

    child = "cellseg.datasets.intake.sources.child"

    def __init__(
        self,
        files: Mapping[str, Path],
        masks: Mapping[str, Path] | None = None,
        timeout: float = TIMEOUT,
        max_pixels: int | None = None,
        view: View | None = None,
    ) -> None:
        super().__init__(timeout, max_pixels)
        self._view = view or View()
        self._files: dict[Role, Mapping[str, Path]] = {
            "image": files,
            "mask": {**files, **(masks or {})},
        }

    def page_count(self, name: str, role: Role) -> int:
        """Number of images in a file, with the planes and channels of the view."""
        view, mask = self._view.expanded, role == "mask"
        try:
            facts = self.describe(self._files[role][name], name, view, mask)
            return len(image_indices(facts, view.for_mask(facts) if mask else view, name))
        except CellsegError:  # reported when it is read
            return 1

    def row_count(self, name: str) -> int | None:
        """Number of images in an .npz with X and y, or None."""
        count = self._inspect("npz", name)["count"]
        return None if count is None else int(count)

    def roi_names(self, name: str) -> list[str]:
        """Names of the ROIs in a RoiSet.zip."""
        return list(self._inspect("rois", name)["names"])

    def outlined_images(self, name: str) -> list[str] | None:
        """Images that COCO annotations list; empty for GeoJSON, None for other JSON."""
        found = self._inspect("json", name)
        if found["names"] is not None:
            return list(found["names"])
        return [] if found["geojson"] else None

    def part_image(self, part: FilePart, view: View | None = None) -> Image:
        """The image of a part; `view` applies to image files and stacks."""
        path = self._files["image"][part.files[0]]
        if part.form == "picture":
            return self.image(path, part.name, view)
        if part.form == "plane":
            return self.image(path, part.name, (view or View()).expanded, int(part.entry or 0))
        answer, pixels = self.ask(self._request(part, "image"), part.name)
        return Image(pixels, answer["axes"])

    def stored_mask(
        self, part: FilePart, shape: tuple[int, int], view: View | None = None
    ) -> StoredMask:
        """The mask of a part, for an image of this shape (Y, X) and this view."""
        if part.form == "plane":
            path = self._files["mask"][part.files[0]]
            return StoredMask(
                self.mask(path, part.name, (view or View()).expanded, int(part.entry or 0))
            )
        chosen = (view or View()).model_dump(mode="json")
        request = {**self._request(part, "mask"), "shape": shape, "view": chosen}
        answer, pixels = self.ask(request, part.name)
        return StoredMask(pixels, bool(answer.get("palette")), int(answer["overlap"]))

    def _request(self, part: FilePart, role: Role) -> dict[str, Any]:
        return {
            "form": part.form,
            "role": role,
            "name": part.name,
            "names": part.files,
            "paths": [str(self._files[role][name].absolute()) for name in part.files],
            "entry": part.entry,
        }

    def _inspect(self, kind: str, name: str, role: Role = "mask") -> dict[str, Any]:
        path = str(self._files[role][name].absolute())
        return self.ask({"inspect": kind, "path": path, "name": name}, name)[0]
