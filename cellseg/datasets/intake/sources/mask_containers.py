"""Files of other tools with the cells of one or more images, assigned to images by name."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from cellseg.datasets.intake.file_names import Role
from cellseg.datasets.intake.pairing import pair_separate
from cellseg.datasets.intake.sources.file_part import FilePart, Form
from cellseg.datasets.intake.sources.rois import belongs_to_image

SUFFIXES = (".zip", ".roi", ".geojson", ".json")
"""Suffixes of files that may contain outlines."""

_SEG = "_seg.npy"
_SUFFIX_WORDS = re.compile(
    r"[_\-. ]*(?:roi[_\- ]?sets?|rois?|annotations?|objects|outlines)$", re.I
)
_PREFIX_WORDS = re.compile(r"^(?:roi[_\- ]?sets?|rois?)[_\-. ]+", re.I)
_FOLDER = re.compile(r"^(?:rois?|roi[_\- ]?sets?|geojson|outlines|annotations)$", re.I)


class FileInspector(Protocol):
    """Finds what a file contains without decoding its pixels."""

    def page_count(self, name: str, role: Role) -> int:
        """Number of pages in a TIFF."""

    def row_count(self, name: str) -> int | None:
        """Number of images in an .npz with X and y, or None."""

    def roi_names(self, name: str) -> list[str]:
        """Names of the ROIs in a RoiSet.zip."""

    def outlined_images(self, name: str) -> list[str] | None:
        """Images that COCO annotations list; empty for GeoJSON, None for other JSON."""


@dataclass(frozen=True)
class Masks:
    """Masks found in files of other tools.

    parts : by the names of their images.
    unused : files that belong to no image.
    unknown : JSON files without outlines.
    """

    parts: dict[str, FilePart]
    unused: tuple[str, ...]
    unknown: tuple[str, ...]


def is_container(name: str) -> bool:
    """Whether a file may contain masks of another tool, by its name alone."""
    low = name.casefold()
    return low.endswith((_SEG, *SUFFIXES)) and not PurePosixPath(low).name.startswith(".")


def masks_for(images: Sequence[str], names: Sequence[str], inspector: FileInspector) -> Masks:
    """Find the masks of images in files of other tools.

    COCO files list their images. Other files have the name of their image, apart from words such
    as `RoiSet`, or contain ROIs with the names of images. A single file belongs to a single
    image.

    Parameters
    ----------
    images : names of images without a mask.
    names : of files for which `is_container` holds.
    inspector : finds what the files contain.
    """
    parts: dict[str, FilePart] = {}
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
            named = inspector.outlined_images(name)
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
            parts[image] = FilePart(name, (name,), single[name])
            used.add(name)
    left = [image for image in images if image not in parts]
    for name in [name for name, form in single.items() if form == "rois" and name not in used]:
        rois = inspector.roi_names(name) if name.casefold().endswith(".zip") else []
        found = _by_roi_name(left, name, rois)
        parts |= found
        used |= {name} if found else set()
    left = [image for image in images if image not in parts]
    free = [name for name in single if name not in used]
    if len(left) == len(free) == len(images) == 1:
        parts[left[0]] = FilePart(free[0], (free[0],), single[free[0]])
        used.add(free[0])
    unused = [name for name in names if name not in used and name not in unknown]
    return Masks(parts, tuple(unused), tuple(unknown))


def _of_coco(images: Sequence[str], name: str, named: Sequence[str]) -> dict[str, FilePart]:
    """Parts of the images that annotations list: by path, else by a unique file name."""
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
            found[image] = FilePart(f"{name}, {entry}", (name,), "coco", entry)
    return found


def _by_name(images: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The file of each image, by name; of two for one image, NAME_seg.npy is preferred."""
    aliases: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (not name.casefold().endswith(_SEG), name)):
        aliases.setdefault(_alias(name), name)
    pairing = pair_separate(images, list(aliases))
    return {pair.image: aliases[pair.mask] for pair in pairing.pairs}


def _alias(name: str) -> str:
    """The name of a mask image in the place of this file."""
    path = PurePosixPath(name.replace("\\", "/"))
    low = path.name.casefold()
    stem = path.name[: -len(_SEG)] if low.endswith(_SEG) else path.stem
    stem = _PREFIX_WORDS.sub("", _SUFFIX_WORDS.sub("", stem)) or stem
    folders = ["masks" if _FOLDER.match(part) else part for part in path.parts[:-1]]
    return "/".join([*folders, f"{stem}.png"])


def _by_roi_name(images: Sequence[str], name: str, rois: Sequence[str]) -> dict[str, FilePart]:
    """Parts of the images whose names begin the names of ROIs; the longest name decides."""
    stems = {PurePosixPath(image.replace("\\", "/")).stem: image for image in images}
    found = {}
    for roi in rois:
        fitting = [stem for stem in stems if stem and belongs_to_image(roi, stem)]
        if fitting:
            stem = max(fitting, key=len)
            found[stems[stem]] = FilePart(f"{name}, {stem}", (name,), "rois", stem)
    return found
