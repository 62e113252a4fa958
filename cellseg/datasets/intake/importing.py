"""Import of images and masks: pair by name, decode in a child process, check, propose."""

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cellseg.datasets.intake.archive import is_roi_set, unpack
from cellseg.datasets.intake.checks.dataset_facts import MismatchedPair, SkippedFile
from cellseg.datasets.intake.checks.pair_check import Mismatch, find_mismatch
from cellseg.datasets.intake.checks.pair_measurements import measure_pair
from cellseg.datasets.intake.layouts import RecognisedLayout, recognise
from cellseg.datasets.intake.pairing import Pair
from cellseg.datasets.intake.proposal import PREFIX, Proposal
from cellseg.datasets.intake.sources.reading import SourceDecoder, StoredMask
from cellseg.datasets.pairs import pair_name
from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded
from cellseg.images.image import Image
from cellseg.images.reading import EXTENSIONS
from cellseg.images.scaling import thumbnail, to_rgb8
from cellseg.images.selection import Survey
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.source import Source
from cellseg.workspace import Workspace, disk_errors

ABANDONED = 24 * 3600.0
"""Age in seconds at which a proposal that was neither saved nor discarded is deleted."""

THUMBNAILS = 2
"""Number of images without a mask, and of masks without an image, that get a thumbnail."""

Progress = Callable[[int, int, str], None]
Files = Mapping[str, Path]


class NoPairs(CellsegError):
    """No image belongs to a mask by name; the user can pair them.

    recognised : everything that can be an image or a mask.
    """

    def __init__(self, sentence: str, recognised: RecognisedLayout) -> None:
        super().__init__(sentence)
        self.recognised = recognised


def inspect(
    workspace: Workspace,
    source: Path | Sequence[Source],
    masks: Sequence[Source] = (),
    *,
    view: View | None = None,
    examples: Path | None = None,
    pairing: Sequence[tuple[str, str]] | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """Pair, decode and check images and masks.

    Parameters
    ----------
    source : a folder, a zip, or files; zips among the files are unpacked.
    masks : files or zips with masks, where the user gave them separately.
    view : planes and channels that are used of each image.
    examples : where the file of which there is something to choose is kept, if it came in a zip.
    pairing : (image, mask) by the names of the parts, where the user chose the pairs.
    progress : called with (pairs done, number of pairs, name); an exception that it raises
        ends the import and deletes the proposal.

    Raises
    ------
    ChoiceNeeded
        Where no image can be read as it was chosen, or before something is chosen.
    NoPairs
        Where no image belongs to a mask.
    CellsegError
        Where no pair of image and mask can be made.
    """
    _delete_abandoned(workspace)
    limits = Limits.of(workspace)
    proposal = Proposal.create(workspace)
    proposal.view = view or View()
    try:
        unpacked = proposal.folder / "unpacked"
        files = _files(_uploads(source), unpacked, proposal.skipped, limits)
        mask_files = _files(list(masks), unpacked, proposal.skipped, limits)
        limited = (limits.file_seconds, limits.image_pixels)
        with SourceDecoder(files, mask_files, *limited, proposal.view) as decoder:
            found = recognise(list(files), decoder, list(mask_files))
            if pairing is not None:
                found = found.with_pairs(pairing)
            proposal.recognised = found
            proposal.images_without_mask = found.images_without_mask
            proposal.masks_without_image = found.masks_without_image
            proposal.left_out = found.left_out
            if not found.pairs:
                raise NoPairs(_no_pairs_sentence(found), found)
            if any(part.form == "plane" for part in found.images.values()):
                proposal.view = proposal.view.expanded
            survey = Survey(decoder.describe, proposal.view)
            _decode(proposal, found, files, decoder, survey, progress)
            _add_thumbnails(proposal, found, decoder)
        if survey.example is not None:
            proposal.example = survey.example.kept(examples, unpacked)
        shutil.rmtree(unpacked, ignore_errors=True)
        if not proposal.pairs and not proposal.mismatched:
            raise _no_readable_pair(proposal)
        proposal.remarks = survey.remarks
        proposal.run_checks()
    except BaseException:
        proposal.discard()
        raise
    return proposal


def _uploads(source: Path | Sequence[Source]) -> list[Source]:
    if not isinstance(source, Path):
        return list(source)
    if source.is_file():
        return [Source(source.name, source)]
    if not source.is_dir():
        raise CellsegError(f"{source} does not exist; give a folder or a zip of images and masks.")
    found = []
    for parent, folders, names in os.walk(source):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            found.append(Source(path.relative_to(source).as_posix(), path))
    return found


def _files(
    uploads: Sequence[Source], unpacked: Path, skipped: list[SkippedFile], limits: Limits
) -> dict[str, Path]:
    """Paths of files by name, those in zips included; of equal names, the first is used.

    A zip beside other files counts as a folder with its name, since `images.zip` and `masks.zip`
    may contain equal names.
    """
    files: dict[str, Path] = {}
    for upload in uploads:
        found = {upload.name: upload.path}
        if upload.name.lower().endswith(".zip") and not is_roi_set(upload.path):
            folder = unpacked / str(len(list(unpacked.glob("*"))))
            with disk_errors(unpacked):
                folder.mkdir(parents=True)
            found = unpack(upload.path, folder, upload.name, limits)
            if len(uploads) > 1:
                found = {f"{upload.name[:-4]}/{name}": path for name, path in found.items()}
        for name, path in found.items():
            if name in files:
                sentence = f"Two files are named {name}; cellseg uses the first one."
                skipped.append(SkippedFile("duplicate-name", name, sentence))
            else:
                files[name] = path
    return files


def _decode(
    proposal: Proposal,
    found: RecognisedLayout,
    files: Files,
    decoder: SourceDecoder,
    survey: Survey,
    progress: Progress | None,
) -> None:
    """Add each pair that can be read; pairs that do not fit become mismatched ones."""
    pairs = found.pairs
    for done, named in enumerate(pairs):
        if progress:
            progress(done, len(pairs), named.image)
        part, view = found.images[named.image], proposal.view
        if part.form in ("picture", "plane"):
            survey.add(files[part.files[0]], part.files[0])
        try:
            image = decoder.part_image(part, view)
            mask = decoder.stored_mask(found.masks[named.mask], (image.height, image.width), view)
        except CellsegError as error:
            proposal.skipped.append(SkippedFile("unreadable", named.image, str(error)))
            continue
        source = part.files[0] if part.form in ("plane", "npz") else ""
        mismatch = find_mismatch(image, mask.pixels)
        if mismatch is None:
            _add_matched(proposal, named, image, mask, source)
        else:
            _add_mismatched(proposal, named, image, mask, mismatch, source)
    if progress:
        progress(len(pairs), len(pairs), "")


def _add_thumbnails(proposal: Proposal, found: RecognisedLayout, decoder: SourceDecoder) -> None:
    """Add thumbnails of the first images and masks without a partner."""
    for names in (found.images_without_mask, found.masks_without_image):
        for name in [name for name in names if name in found.images][:THUMBNAILS]:
            try:
                picture = thumbnail(to_rgb8(decoder.part_image(found.images[name], proposal.view)))
            except CellsegError:
                continue  # its name is shown alone
            proposal.add_thumbnail(name, picture)


def _add_matched(
    proposal: Proposal, named: Pair, image: Image, mask: StoredMask, source: str
) -> None:
    added = proposal.add(
        image,
        mask.pixels,
        image_name=named.image,
        mask_name=named.mask,
        name=named.name,
        side=named.split,
    )
    proposal.measurements[added.name] = measure_pair(
        image, mask.pixels, palette=mask.palette, overlap=mask.overlap, source=source
    )


def _add_mismatched(
    proposal: Proposal,
    named: Pair,
    image: Image,
    mask: StoredMask,
    mismatch: Mismatch,
    source: str,
) -> None:
    pair = MismatchedPair(
        name=pair_name(named.name, {other.name for other in proposal.mismatched}),
        image=named.image,
        mask=named.mask,
        check=mismatch.check,
        message=mismatch.message,
        sentence=f"{named.image} and its mask {named.mask}: {mismatch.message}",
        repair=mismatch.repair,
        side=named.split,
        source=source,
    )
    proposal.add_mismatched(pair, image, mask.pixels)


def _no_readable_pair(proposal: Proposal) -> CellsegError:
    """Why none of the pairs can be used."""
    if proposal.example is not None:
        return ChoiceNeeded(f"No pair could be read: {proposal.problems[0]}", proposal.example)
    return CellsegError(f"No pair could be read: {' '.join(proposal.problems[:3])}")


def _no_pairs_sentence(pairing: RecognisedLayout) -> str:
    """Why there is no pair, what is needed, and what to do."""
    images, masks = pairing.images_without_mask, pairing.masks_without_image
    kinds = ", ".join(sorted(suffix[1:].upper() for suffix in EXTENSIONS))
    if images and masks:
        return (
            f"No image belongs to a mask by name: found {_listed(images)} and {_listed(masks)}; "
            "give an image and its mask the same name in two folders, or add the masks separately."
        )
    if masks:
        return (
            f"There are masks but no images: {_listed(masks)}; add the images they were drawn on."
        )
    if images:
        return (
            f"There are images but no masks: {_listed(images)}; add the masks, in a folder "
            "`masks`, with `_mask` at the end of the name, or separately."
        )
    if pairing.left_out:
        return (
            f"None of the files is an image that can be read: {_listed(pairing.left_out)}; add "
            f"images and masks as {kinds}."
        )
    return f"There are no images; add images and masks as {kinds}, or a zip of them."


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _delete_abandoned(workspace: Workspace) -> None:
    """Delete old proposals that were neither saved nor discarded."""
    for folder in workspace.inbox.glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
