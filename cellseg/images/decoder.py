"""The child that decodes files which users brought: `python -m cellseg.images.decoder`.

It reads one request a line, `{"path", "name", "mask", "target"}`, writes the pixels to `target` as
an .npy file and answers one line: `{"axes": "YX"}` or `{"error": "..."}`.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images.reading import read_image, read_mask

Reading = Callable[[dict[str, Any]], dict[str, Any]]


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    serve(read)


def serve(reading: Reading) -> None:
    """Answer each request by a function, or by the sentence of its error."""
    with _private_output() as answers:
        for line in sys.stdin:
            answers.write(json.dumps(_answer(reading, json.loads(line))) + "\n")
            answers.flush()


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Decode one image or mask; see the module."""
    path, name = Path(request["path"]), request["name"]
    if request["mask"]:
        pixels, axes = read_mask(path, name), "YX"
    else:
        image = read_image(path, name)
        pixels, axes = image.pixels, image.axes
    np.save(request["target"], pixels, allow_pickle=False)
    return {"axes": axes}


def _answer(reading: Reading, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    try:
        return reading(request)
    except CellsegError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name} does not fit into the memory of this machine; make it smaller."}
    except OSError as error:
        reason = error.strerror or str(error)
        return {"error": f"{name} could not be unpacked on the disk ({reason}); free some space."}


def _private_output() -> TextIO:
    """The pipe to the parent; whatever a library prints goes to standard error instead."""
    pipe = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(pipe, "w", encoding="utf-8")


if __name__ == "__main__":
    main()
