"""Images and masks of any layout, through the child process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cellseg.datasets.intake.pairing import Role
from cellseg.datasets.intake.sources.part import Part
from cellseg.errors import CellsegError
from cellseg.images.decoding import TIMEOUT, Decoder
from cellseg.images.image import Image
from cellseg.images.selection import image_indices
from cellseg.images.view import View


@dataclass(frozen=True, eq=False)
class Drawn:
    """A mask as it is stored.

    pixels : (Y, X) unsigned integer, or (Y, X, 3) where it is a picture in colours.
    palette : whether its numbers stand for colours of a palette.
    disputed : pixels that more than one cell claimed.
    """

    pixels: np.ndarray
    palette: bool = False
    disputed: int = 0


class SourceDecoder(Decoder):
    """A decoder that knows parts; errors as `Decoder`.

    Parameters
    ----------
    files : where the bytes of each file lie, by the user's names.
    masks : the same for masks that were brought apart.
    timeout, max_pixels : as `Decoder`.
    view : the choice, where `pages` counts.
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

    def pages(self, name: str, role: Role) -> int:
        """The number of images in a file, as far as the choice leaves them open."""
        view, mask = self._view.each, role == "mask"
        try:
            facts = self.describe(self._files[role][name], name, view, mask)
            return len(image_indices(facts, view.for_mask(facts) if mask else view, name))
        except CellsegError:  # said when it is read
            return 1

    def rows(self, name: str) -> int | None:
        """The number of images in an .npz of X and y, or None."""
        count = self._look("npz", name)["count"]
        return None if count is None else int(count)

    def regions(self, name: str) -> list[str]:
        """The names of the regions in a RoiSet.zip."""
        return list(self._look("rois", name)["names"])

    def outlines(self, name: str) -> list[str] | None:
        """The images that COCO annotations name; empty for GeoJSON, None for other JSON."""
        found = self._look("json", name)
        if found["names"] is not None:
            return list(found["names"])
        return [] if found["geojson"] else None

    def picture(self, part: Part, view: View | None = None) -> Image:
        """The image of a part; `view` is the choice for files that are images by themselves."""
        path = self._files["image"][part.files[0]]
        if part.form == "picture":
            return self.image(path, part.name, view)
        if part.form == "plane":
            return self.image(path, part.name, (view or View()).each, int(part.entry or 0))
        answer, pixels = self.ask(self._request(part, "image"), part.name)
        return Image(pixels, answer["axes"])

    def drawn(self, part: Part, shape: tuple[int, int], view: View | None = None) -> Drawn:
        """The mask of a part, for an image of this shape (Y, X) and seen in this way."""
        if part.form == "plane":
            path = self._files["mask"][part.files[0]]
            return Drawn(self.mask(path, part.name, (view or View()).each, int(part.entry or 0)))
        chosen = (view or View()).model_dump(mode="json")
        request = {**self._request(part, "mask"), "shape": shape, "view": chosen}
        answer, pixels = self.ask(request, part.name)
        return Drawn(pixels, bool(answer.get("palette")), int(answer["disputed"]))

    def _request(self, part: Part, role: Role) -> dict[str, Any]:
        return {
            "form": part.form,
            "role": role,
            "name": part.name,
            "names": part.files,
            "paths": [str(self._files[role][name].absolute()) for name in part.files],
            "entry": part.entry,
        }

    def _look(self, kind: str, name: str, role: Role = "mask") -> dict[str, Any]:
        path = str(self._files[role][name].absolute())
        return self.ask({"look": kind, "path": path, "name": name}, name)[0]
