"""The way in for images and masks: pair by name, decode apart, check, propose."""

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cellseg.datasets.archive import unpack
from cellseg.datasets.pairing import Pair, Pairing, pair, pair_apart
from cellseg.datasets.proposal import PREFIX, Proposal
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.image import Image
from cellseg.images.reading import EXTENSIONS
from cellseg.workspace import Workspace, disk_errors

ABANDONED = 24 * 3600.0
"""Seconds after which a proposal that nobody kept or discarded is deleted."""

Progress = Callable[[int, int, str], None]
Files = Mapping[str, Path]


@dataclass(frozen=True)
class Upload:
    """A file that was brought: what the user calls it (with `/`), and where its bytes lie."""

    name: str
    path: Path


def inspect(
    workspace: Workspace,
    source: Path | Sequence[Upload],
    masks: Sequence[Upload] = (),
    *,
    progress: Progress | None = None,
) -> Proposal:
    """Pair and decode what was brought, ready to be looked at and kept.

    Parameters
    ----------
    source : a folder, a zip, or files; zips among the files are unpacked.
    masks : files or zips that are masks, where they were brought apart.
    progress : called with (pairs done, pairs in all, name); what it raises ends the inspection
        and leaves nothing behind.

    Raises
    ------
    CellsegError
        Where no pair of image and mask can be made, with what was found and what is needed.
    """
    _sweep(workspace)
    proposal = Proposal.begin(workspace)
    try:
        unpacked = proposal.folder / "unpacked"
        problems: list[str] = []
        files = _files(_uploads(source), unpacked, problems)
        mask_files = _files(list(masks), unpacked, problems)
        pairing = pair_apart(list(files), list(mask_files)) if masks else pair(list(files))
        proposal.images_without_mask = pairing.images_without_mask
        proposal.masks_without_image = pairing.masks_without_image
        proposal.left_out = pairing.left_out
        proposal.problems = problems
        if not pairing.pairs:
            raise CellsegError(_nothing(pairing))
        _decode(proposal, pairing.pairs, files, mask_files or files, progress)
        shutil.rmtree(unpacked, ignore_errors=True)
        if not proposal.pairs:
            raise CellsegError(f"No pair could be read: {' '.join(proposal.problems[:3])}")
        _warn(proposal)
    except BaseException:
        proposal.discard()
        raise
    return proposal


def _uploads(source: Path | Sequence[Upload]) -> list[Upload]:
    if not isinstance(source, Path):
        return list(source)
    if source.is_file():
        return [Upload(source.name, source)]
    if not source.is_dir():
        raise CellsegError(f"{source} does not exist; give a folder or a zip of images and masks.")
    found = []
    for parent, folders, names in os.walk(source):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            found.append(Upload(path.relative_to(source).as_posix(), path))
    return found


def _files(uploads: Sequence[Upload], unpacked: Path, problems: list[str]) -> dict[str, Path]:
    """The files by name, those of zips included; a name that comes twice is used once.

    A zip that comes with other files counts as a folder of its name: `images.zip` and `masks.zip`
    may hold the same names.
    """
    files: dict[str, Path] = {}
    for upload in uploads:
        found = {upload.name: upload.path}
        if upload.name.lower().endswith(".zip"):
            folder = unpacked / str(len(list(unpacked.glob("*"))))
            with disk_errors(unpacked):
                folder.mkdir(parents=True)
            found = unpack(upload.path, folder, upload.name)
            if len(uploads) > 1:
                found = {f"{upload.name[:-4]}/{name}": path for name, path in found.items()}
        for name, path in found.items():
            if name in files:
                problems.append(f"{name} came twice; the first one is used.")
            else:
                files[name] = path
    return files


def _decode(
    proposal: Proposal,
    pairs: Sequence[Pair],
    images: Files,
    masks: Files,
    progress: Progress | None,
) -> None:
    """Take in every pair that can be read and fits; a sentence for every other one."""
    with Decoder() as decoder:
        for done, named in enumerate(pairs):
            if progress:
                progress(done, len(pairs), named.image)
            try:
                image = decoder.image(images[named.image], named.image)
                mask = decoder.mask(masks[named.mask], named.mask)
                _check_sizes(named, image, mask)
            except CellsegError as error:
                proposal.problems.append(str(error))
                continue
            proposal.add(
                image,
                mask,
                image_name=named.image,
                mask_name=named.mask,
                name=named.name,
                side=named.split,
            )
    if progress:
        progress(len(pairs), len(pairs), "")


def _check_sizes(named: Pair, image: Image, mask: np.ndarray) -> None:
    if mask.shape != (image.height, image.width):
        raise CellsegError(
            f"{named.image} has {image.width} × {image.height} pixels and its mask {named.mask} "
            f"{mask.shape[1]} × {mask.shape[0]}; needed are equal sizes; export the mask again at "
            "the size of the image."
        )


def _warn(proposal: Proposal) -> None:
    black = [pair.mask_name for pair in proposal.pairs if pair.mask.empty]
    if black:
        proposal.warnings.append(
            f"{_named(black)} all black: kept as {_plural(black, 'an example', 'examples')} "
            "without cells."
        )
    soft = [pair.mask_name for pair in proposal.pairs if pair.mask.soft]
    if soft:
        proposal.warnings.append(
            f"{_named(soft)} black and white with grey edges, as smoothing or JPEG leaves them: "
            + (
                "where it is brighter than half, it counts as cell."
                if proposal.kind == "binary"
                else "every grey value counts as a cell of its own; save them again without."
            )
        )


def _nothing(pairing: Pairing) -> str:
    """Why there is no pair, and what is needed."""
    images, masks = pairing.images_without_mask, pairing.masks_without_image
    kinds = ", ".join(sorted(suffix[1:].upper() for suffix in EXTENSIONS))
    if images and masks:
        return (
            f"No image belongs to a mask by name: found are {_listed(images)} and "
            f"{_listed(masks)}; give an image and its mask the same name in two folders, or "
            "bring the masks apart."
        )
    if masks:
        return (
            f"There are masks but no images: {_listed(masks)}; bring the images they were drawn on."
        )
    if images:
        return (
            f"There are images but no masks: {_listed(images)}; bring the masks too, in a folder "
            "`masks`, with `_mask` behind the name, or apart."
        )
    if pairing.left_out:
        return (
            f"None of the files is an image that can be read: {_listed(pairing.left_out)}; needed "
            f"are images and masks as {kinds}."
        )
    return f"There are no images; bring images and masks as {kinds}, or a zip of them."


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _named(names: Sequence[str]) -> str:
    return f"{_listed(names)} {_plural(names, 'is', 'are')}"


def _plural(names: Sequence[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many


def _sweep(workspace: Workspace) -> None:
    """Delete proposals that a crash or a closed browser left behind."""
    for folder in workspace.inbox.glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
