"""The child process that decodes files of users: `python -m cellseg.images.decoder_child`.

It reads one request per line and answers one line, or `{"error": "..."}`. Pixels go to the file
`target` as .npy. With `{"path", "name", "target", "view"}` a request says `"want"`:

- `describe`: `{"facts": ...}` as `StackFacts`; with `"mask"` those of a mask.
- `image`, `mask`: the only image of the file for the view, or the one with the `"number"`:
  `{"suffix", "axes", "channel_names", "pixel_size_um"}`.
- `images`, `masks`: as many as make a chunk, from the `"number"` on, stacked along a first axis:
  the same with `"suffixes"`; for the number 0, also the `"facts"` of the file and the `"count"`
  of its images, so that a small file is opened only once.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import size_limits
from cellseg.images.example import ChoiceNeeded
from cellseg.images.extraction import (
    facts_of,
    images,
    mask_facts_of,
    masks,
)
from cellseg.images.image import Image
from cellseg.images.reading import opened, several_images_message
from cellseg.images.selection import image_indices
from cellseg.images.stack import Stack
from cellseg.images.view import View

Reading = Callable[[dict[str, Any]], dict[str, Any]]


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    serve(read)


def serve(reading: Reading) -> None:
    """Answer each request with the result of a function, or with its error message."""
    with _private_output() as answers:
        for line in sys.stdin:
            answers.write(json.dumps(_answer(reading, json.loads(line))) + "\n")
            answers.flush()


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Decode images or masks; see the module."""
    path, name, want = Path(request["path"]), request["name"], request["want"]
    view = View.model_validate(request.get("view") or {})
    first = request.get("number")
    mask = want in ("mask", "masks") or bool(request.get("mask"))
    with opened(path, name) as stack:
        if want == "describe":
            facts = (mask_facts_of if mask else facts_of)(stack, view)
            return {"facts": facts.model_dump(mode="json")}
        start = first or 0
        found = _as_images(masks(stack, view, start)) if mask else images(stack, view, start)
        alone = want in ("image", "mask")
        opening = _opening(stack, view, mask) if not alone and first == 0 else {}
        suffixes, chunks, image = _chunk(found, 1 if alone else size_limits.CHUNK_BYTES)
        if alone and suffixes[0] and first is None:
            raise CellsegError(several_images_message(name))
    if alone:
        pixels = chunks[0]
    else:  # one large image is not copied
        pixels = np.stack(chunks) if len(chunks) > 1 else chunks[0][np.newaxis]
    np.save(request["target"], pixels, allow_pickle=False)
    return {
        "suffix": suffixes[0],
        "suffixes": suffixes,
        "axes": image.axes,
        "channel_names": list(image.channel_names),
        "pixel_size_um": image.pixel_size_um,
        **opening,
    }


def _opening(stack: Stack, view: View, mask: bool) -> dict[str, Any]:
    """Facts of a file, and its number of images for a view."""
    if mask:
        stored = facts = mask_facts_of(stack, view)
        view = view.for_mask(facts)
    else:
        stored, facts = facts_of(stack, View()), facts_of(stack, view)
    count = len(image_indices(facts, view, stack.name))
    return {"facts": stored.model_dump(mode="json"), "count": count}


def _chunk(
    found: Iterator[tuple[str, Image]], most: int
) -> tuple[list[str], list[np.ndarray], Image]:
    """The next images of one form, until they have `most` bytes; at least one."""
    suffixes: list[str] = []
    chunks: list[np.ndarray] = []
    kept: Image | None = None
    size = 0
    for suffix, image in found:
        pixels = image.pixels
        if kept is not None and (pixels.shape, pixels.dtype) != (chunks[0].shape, chunks[0].dtype):
            break
        kept = kept or image
        suffixes.append(suffix)
        chunks.append(pixels)
        size += pixels.nbytes
        if size >= most:
            break
    assert kept is not None
    return suffixes, chunks, kept


def _as_images(found: Iterator[tuple[str, np.ndarray]]) -> Iterator[tuple[str, Image]]:
    for suffix, mask in found:
        yield suffix, Image(mask, "YX")


def _answer(reading: Reading, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    try:
        return reading(request)
    except ChoiceNeeded as error:
        return {"error": str(error), "facts": error.example.facts.model_dump(mode="json")}
    except CellsegError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name} does not fit into the memory; crop it or reduce its size."}
    except OSError as error:
        reason = error.strerror or str(error)
        return {"error": f"{name} could not be written to the disk ({reason}); free some space."}


def _private_output() -> TextIO:
    """The pipe to the parent; output of libraries goes to standard error."""
    pipe = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(pipe, "w", encoding="utf-8")


if __name__ == "__main__":
    main()
