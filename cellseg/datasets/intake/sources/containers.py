"""Files of other tools that hold the cells of an image, or many images, found by their names."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from cellseg.datasets.intake.pairing import Role, pair_apart
from cellseg.datasets.intake.sources.part import Form, Part
from cellseg.datasets.intake.sources.rois import belongs

SUFFIXES = (".zip", ".roi", ".geojson", ".json")
"""Of files that may hold outlines."""

_SEG = "_seg.npy"
_OWN_WORDS = re.compile(r"[_\-. ]*(?:roi[_\- ]?sets?|rois?|annotations?|objects|outlines)$", re.I)
_FOREWORDS = re.compile(r"^(?:roi[_\- ]?sets?|rois?)[_\-. ]+", re.I)
_FOLDER = re.compile(r"^(?:rois?|roi[_\- ]?sets?|geojson|outlines|annotations)$", re.I)


class Looker(Protocol):
    """What can say what is in a file without bringing its pixels."""

    def pages(self, name: str, role: Role) -> int:
        """The number of planes in a TIFF."""

    def rows(self, name: str) -> int | None:
        """The number of images in an .npz of X and y, or None."""

    def regions(self, name: str) -> list[str]:
        """The names of the regions in a RoiSet.zip."""

    def outlines(self, name: str) -> list[str] | None:
        """The images that COCO annotations name; empty for GeoJSON, None for other JSON."""


@dataclass(frozen=True)
class Masks:
    """Masks found in containers.

    parts : by the names of the images to which they belong.
    unused : files that belong to no image. unknown : JSON files without outlines.
    """

    parts: dict[str, Part]
    unused: tuple[str, ...]
    unknown: tuple[str, ...]


def is_container(name: str) -> bool:
    """Whether a file may hold masks of another tool, by its name alone."""
    low = name.casefold()
    return low.endswith((_SEG, *SUFFIXES)) and not PurePosixPath(low).name.startswith(".")


def masks_for(images: Sequence[str], names: Sequence[str], looker: Looker) -> Masks:
    """The masks of images that have none yet; `names` are containers.

    COCO names its images. Other files are named like their image, apart from words such as
    `RoiSet`; or their regions are; or there is one image and one file.
    """
    parts: dict[str, Part] = {}
    single: dict[str, Form] = {}  # files with one mask each
    used: set[str] = set()
    unknown = []
    for name in names:
        low = name.casefold()
        if low.endswith(_SEG):
            single[name] = "seg"
        elif low.endswith((".zip", ".roi")):
            single[name] = "rois"
        else:
            named = looker.outlines(name)
            if named is None:
                unknown.append(name)
            elif named or not low.endswith(".geojson"):
                parts |= _of_coco(images, name, named)
                used |= {name} if any(part.files == (name,) for part in parts.values()) else set()
                if not named:
                    single[name] = "geojson"
            else:
                single[name] = "geojson"
    for image, name in _by_name(images, list(single)).items():
        if image not in parts:
            parts[image] = Part(name, (name,), single[name])
            used.add(name)
    left = [image for image in images if image not in parts]
    for name in [name for name, form in single.items() if form == "rois" and name not in used]:
        regions = looker.regions(name) if name.casefold().endswith(".zip") else []
        found = _by_region(left, name, regions)
        parts |= found
        used |= {name} if found else set()
    left = [image for image in images if image not in parts]
    free = [name for name in single if name not in used]
    if len(left) == len(free) == len(images) == 1:
        parts[left[0]] = Part(free[0], (free[0],), single[free[0]])
        used.add(free[0])
    unused = [name for name in names if name not in used and name not in unknown]
    return Masks(parts, tuple(unused), tuple(unknown))


def _of_coco(images: Sequence[str], name: str, named: Sequence[str]) -> dict[str, Part]:
    """Images that annotations name: by path, else by file name where it is the only one."""
    wanted = {entry.replace("\\", "/"): entry for entry in named}
    by_file: dict[str, list[str]] = defaultdict(list)
    for path in wanted:
        by_file[PurePosixPath(path).name.casefold()].append(path)
    found = {}
    for image in images:
        path = image.replace("\\", "/")
        matches = [path] if path in wanted else by_file[PurePosixPath(path).name.casefold()]
        if len(matches) == 1:
            entry = wanted[matches[0]]
            found[image] = Part(f"{name}, {entry}", (name,), "coco", entry)
    return found


def _by_name(images: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The container of each image, by name; of two for one image the first kind listed."""
    aliases: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (not name.casefold().endswith(_SEG), name)):
        aliases.setdefault(_alias(name), name)
    pairing = pair_apart(images, list(aliases))
    return {pair.image: aliases[pair.mask] for pair in pairing.pairs}


def _alias(name: str) -> str:
    """The name that a plain mask in the place of a container would have."""
    path = PurePosixPath(name.replace("\\", "/"))
    low = path.name.casefold()
    stem = path.name[: -len(_SEG)] if low.endswith(_SEG) else path.stem
    stem = _FOREWORDS.sub("", _OWN_WORDS.sub("", stem)) or stem
    folders = ["masks" if _FOLDER.match(part) else part for part in path.parts[:-1]]
    return "/".join([*folders, f"{stem}.png"])


def _by_region(images: Sequence[str], name: str, regions: Sequence[str]) -> dict[str, Part]:
    """The images whose names begin the names of regions; of two the longer name."""
    stems = {PurePosixPath(image.replace("\\", "/")).stem: image for image in images}
    found = {}
    for region in regions:
        fitting = [stem for stem in stems if stem and belongs(region, stem)]
        if fitting:
            stem = max(fitting, key=len)
            found[stems[stem]] = Part(f"{name}, {stem}", (name,), "rois", stem)
    return found
