"""Child process that decodes files: `python -m cellseg.datasets.intake.sources.child`.

It answers the requests of `cellseg.images.decoder_child`, and two more: `{"inspect": KIND}` for
what a file contains, and `{"form": ...}` for the image or mask of a `FilePart`. Masks come as
stored, colours included.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from cellseg.datasets.intake.sources import (
    arrays,
    nuclei,
    outlines,
    rois,
    seg,
)
from cellseg.datasets.intake.sources.label_merging import Merged
from cellseg.errors import CellsegError
from cellseg.images import decoder_child
from cellseg.images.extraction import whole_numbers
from cellseg.images.reading import read_image, read_mask
from cellseg.images.view import View

Answer = dict[str, Any]


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    decoder_child.serve(answer)


def answer(request: dict[str, Any]) -> Answer:
    """Answer a request; pixels go to the file `target`."""
    if "inspect" in request:
        return _inspect(request["inspect"], Path(request["path"]), request["name"])
    if "form" not in request:
        return decoder_child.read(request)
    if request["role"] == "image":
        return _image(request)
    return _mask(request)


def _inspect(kind: str, path: Path, name: str) -> Answer:
    if kind == "npz":
        return {"count": arrays.row_count(path, name)}
    if kind == "rois":
        return {"names": rois.roi_names(path)}
    content = outlines.read_json_file(path, name)
    return {"geojson": outlines.is_geojson(content), "names": outlines.coco_images(content)}


def _image(request: dict[str, Any]) -> Answer:
    path = Path(request["paths"][0])
    pixels, axes = arrays.read_row(path, request["name"], "image", request["entry"])
    np.save(request["target"], supported_dtype(pixels), allow_pickle=False)
    return {"axes": axes}


def _mask(request: dict[str, Any]) -> Answer:
    form, name, entry = request["form"], request["name"], request["entry"]
    paths = [Path(path) for path in request["paths"]]
    shape: tuple[int, int] = tuple(request["shape"])
    merged: Merged | None = None
    if form == "nuclei":
        merged = nuclei.read_nuclei(paths, request["names"], shape)
    elif form == "rois":
        merged = rois.read_rois(paths[0], name, entry, shape)
    elif form == "geojson":
        merged = outlines.read_geojson(paths[0], name, shape)
    elif form == "coco":
        merged = outlines.read_coco(paths[0], name, entry, shape)
    if merged is not None:
        np.save(request["target"], merged.labels, allow_pickle=False)
        return {"overlap": merged.overlap}
    if form == "picture":
        pixels = _as_stored(paths[0], name, View.model_validate(request["view"]))
    elif form == "seg":
        pixels = seg.read_seg(paths[0], name)
    else:
        pixels = whole_numbers(arrays.read_row(paths[0], name, "mask", entry)[0], name)
    np.save(request["target"], pixels, allow_pickle=False)
    return {"overlap": 0, "palette": form == "picture" and _has_palette(paths[0])}


def _as_stored(path: Path, name: str, view: View) -> np.ndarray:
    """A mask (Y, X), or its colours (Y, X, 3) where they differ."""
    try:
        return read_mask(path, name, view)
    except CellsegError:
        pixels = read_image(path, name, View()).pixels
        if pixels.ndim != 3 or pixels.dtype.kind != "u":
            raise
        return pixels


def _has_palette(path: Path) -> bool:
    """Whether a PNG or TIFF has a colour palette."""
    with path.open("rb") as file:
        head = file.read(32)
    if head.startswith(b"\x89PNG"):
        return head[25] == 3
    if head.startswith((b"II", b"MM")):
        with tifffile.TiffFile(path) as tiff:
            return tiff.pages[0].photometric == tifffile.PHOTOMETRIC.PALETTE
    return False


def supported_dtype(array: np.ndarray) -> np.ndarray:
    """An image as uint8, uint16 or finite float32."""
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype in (np.uint8, np.uint16):
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind in "iu" and array.size and 0 <= array.min() and array.max() < 1 << 16:
        return array.astype(np.uint16)
    limit = np.finfo(np.float32).max
    finite = np.isfinite(array)
    lowest = array[finite].min() if finite.any() else 0
    return np.clip(np.where(finite, array, lowest), -limit, limit).astype(np.float32)


if __name__ == "__main__":
    main()
