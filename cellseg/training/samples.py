"""Sample pictures of a run: a few images that are predicted after some epochs."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellseg.images.writing import png_bytes
from cellseg.workspace import write_bytes, write_json


class SamplePicture:
    """Pictures of one sample image, in a folder of its own; `Run.samples` reads them.

    Parameters
    ----------
    folder : of the image; must not exist yet.
    name : of the image.
    image, truth : uint8 (Y, X) or (Y, X, 3), as they are displayed.
    """

    def __init__(
        self, folder: Path, name: str, image: NDArray[np.uint8], truth: NDArray[np.uint8]
    ) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        write_bytes(folder / "image.png", png_bytes(image))
        write_bytes(folder / "truth.png", png_bytes(truth))
        write_json(folder / "sample.json", {"name": name})

    def add(self, epoch: int, picture: NDArray[np.uint8]) -> None:
        """Store the prediction after an epoch.

        Parameters
        ----------
        epoch : counted from 1.
        picture : uint8 (Y, X) or (Y, X, 3).
        """
        write_bytes(self._folder / f"epoch-{epoch:05d}.png", png_bytes(picture))
