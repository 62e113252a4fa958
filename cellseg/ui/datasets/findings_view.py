"""The findings of the check of an import, with previews and repairs."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import streamlit as st

from cellseg.analysis.overlay import overlay
from cellseg.datasets.intake.checks import proposal_repairs
from cellseg.datasets.intake.checks.finding import Finding, Severity
from cellseg.datasets.intake.checks.repairs import REPAIRS
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.images.scaling import (
    nearest,
    thumbnail,
    thumbnail_labels,
    to_rgb8,
)
from cellseg.images.writing import png_bytes
from cellseg.ui.shell.formatting import count, listed, plain
from cellseg.ui.widgets.gallery import short

TITLES = {
    "no-pairs": "No pairs",
    "image-without-mask": "Images without a mask",
    "mask-without-image": "Masks without an image",
    "duplicate-name": "Duplicate name",
    "unreadable": "Unreadable file",
    "size-mismatch": "Image and mask differ in size",
    "swapped": "Image and mask swapped",
    "same-file": "Image and mask are identical",
    "colour-mask": "Colour mask",
    "grey-edges": "Grey edges in the mask",
    "inverted-mask": "Labelled background",
    "labels-wrapped": "Labels stop at 255",
    "grey-values": "Several grey values",
    "binary-touching": "Touching cells in a binary mask",
    "empty-mask": "Masks without cells",
    "detached-parts": "Detached parts and small fragments",
    "overlapping-cells": "Overlapping cells",
    "partly-labelled": "Partly labelled image",
    "mixed-sizes": "Cells of very different sizes",
    "flat-image": "Constant or overexposed image",
    "mixed-depths": "Mixed bit depths",
    "mixed-channels": "Mixed greyscale and colour",
    "odd-intensity": "Unusual intensities",
    "leak": "Training and test set share images",
    "duplicate-image": "Duplicate image",
    "too-few": "Too few images or cells",
}
"""The title of each check."""

SHOWN = 2
"""Previews of a finding."""

_PREVIEW_SIDE = 256
_EXPANDED = 6
_SEVERITIES: dict[Severity, tuple[str, str]] = {
    "error": ("red", "Error"),
    "warning": ("orange", "Warning"),
    "note": ("gray", "Note"),
}


def show(proposal: Proposal) -> None:
    """All findings; a repair changes the proposal and reruns the page."""
    if not proposal.findings:
        st.caption(":material/check_circle: The check found no problems.")
    for index, finding in enumerate(proposal.findings[:_EXPANDED]):
        _card(proposal, finding, index)
    rest = proposal.findings[_EXPANDED:]
    if rest:
        with st.expander(count(len(rest), "more finding"), key="findings-more"):
            for index, finding in enumerate(rest, _EXPANDED):
                _card(proposal, finding, index)
    if proposal.repairs:
        labels = listed([REPAIRS[name].label for name in proposal.repairs])
        st.caption(
            plain(f"Repaired: {labels}. Your own files are unchanged. Start over to undo repairs.")
        )


def _card(proposal: Proposal, finding: Finding, index: int) -> None:
    """One finding: severity, images, message, previews and repairs."""
    colour, severity = _SEVERITIES[finding.severity]
    key = f"check-{proposal.folder.name}-{len(proposal.repairs)}-{index}"
    names = _previewed(proposal, finding)
    with st.container(border=True, key=f"finding-{index}-{finding.check}"):
        unpaired = [name for name in finding.images if name in proposal.thumbnails]
        has_preview = bool(names or (unpaired and not finding.pairs))
        text, previews = st.columns([5, 4], gap="medium") if has_preview else (st.container(), None)
        with text, st.container(gap="small"):
            number = f" · {count(len(finding.images), 'file')}" if finding.images else ""
            title = TITLES.get(finding.check, finding.check)
            st.markdown(f":{colour}-badge[{severity}] **{title}**{number}")
            st.markdown(plain(finding.message))
            if finding.images:
                st.caption(plain(listed([PurePosixPath(name).name for name in finding.images], 4)))
            repairs = [name for name in (finding.repair, *finding.others) if name]
            repair, name = _chosen(proposal, repairs, names, key)
        if previews is not None:
            with previews:
                if names:
                    _previews(proposal, finding, names, name, repair)
                else:
                    files = [(short(file, 20), str(proposal.thumbnails[file])) for file in unpaired]
                    _side_by_side(files)
        if repair is not None:
            with text:
                others = [each for each in repairs if REPAIRS[each].pixels is None]
                _buttons(proposal, finding, list(dict.fromkeys([repair, *others])), key)


def _chosen(
    proposal: Proposal, repairs: Sequence[str], names: Sequence[str], key: str
) -> tuple[str | None, str]:
    """The chosen repair, and the name of the pair on which it is previewed."""
    pixel_repairs = [name for name in repairs if REPAIRS[name].pixels]
    repair = next(iter(pixel_repairs or repairs), None)
    name = names[0] if names else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(pixel_repairs) > 1:
            selected = st.segmented_control(
                "Repair",
                pixel_repairs,
                default=repair,
                required=True,
                format_func=lambda name: REPAIRS[name].label,
                key=f"{key}-which",
                label_visibility="collapsed",
            )
            repair = selected or repair
        if pixel_repairs and len(names) > 1:
            name = st.selectbox(
                "Preview on",
                names[:50],
                format_func=lambda pair: PurePosixPath(_file(proposal, pair)).name,
                key=f"{key}-image",
                label_visibility="collapsed",
                width=240,
            )
    return repair, name


def _buttons(proposal: Proposal, finding: Finding, repairs: Sequence[str], key: str) -> None:
    """A button for each repair, and what the first one does."""
    pressed = None
    with st.container(horizontal=True, vertical_alignment="center"):
        for number, name in enumerate(repairs):
            details = REPAIRS[name]
            icon = ":material/healing:" if details.pixels else ":material/done_all:"
            if name == "leave-out":
                icon = ":material/block:"
            if st.button(
                details.label, key=f"{key}-repair-{number}", icon=icon, help=details.sentence
            ):
                pressed = name
    st.caption(REPAIRS[repairs[0]].sentence)
    if pressed is not None:
        with st.spinner("Repairing"):
            proposal_repairs.apply(proposal, finding, pressed)
        st.rerun()


def _previews(
    proposal: Proposal, finding: Finding, names: Sequence[str], name: str, repair: str | None
) -> None:
    """One pair before and after a repair; without a repair, the first pairs."""
    if repair and REPAIRS[repair].pixels:
        version = _version(proposal, name)
        shown: list[tuple[str, bytes | str]] = [
            ("Before", _png(proposal, name, version)),
            ("After", _repaired_png(proposal, finding, name, repair, version)),
        ]
    else:
        shown = [
            (short(_file(proposal, pair), 20), _png(proposal, pair, _version(proposal, pair)))
            for pair in names[:SHOWN]
        ]
    _side_by_side(shown)


def _side_by_side(images: Sequence[tuple[str, bytes | str]]) -> None:
    """Images with captions; an image is a PNG file or its path."""
    for column, (title, png) in zip(st.columns(SHOWN, gap="small"), images, strict=False):
        with column, st.container(gap="xxsmall"):
            st.image(png, alt=title, width="stretch")
            st.caption(title)


def _previewed(proposal: Proposal, finding: Finding) -> list[str]:
    """The names of the pairs that a finding can preview, in the order of the finding."""
    mismatched = {pair.name: pair.image for pair in proposal.mismatched}
    files = {pair.name: pair.image_name for pair in proposal.pairs}
    known = {name: mismatched.get(name) or files.get(name) for name in finding.pairs}
    return [name for name, image in known.items() if image in set(finding.images)]


def _file(proposal: Proposal, name: str) -> str:
    """The file name of the image of a pair."""
    for mismatched in proposal.mismatched:
        if mismatched.name == name:
            return mismatched.image
    return next((pair.image_name for pair in proposal.pairs if pair.name == name), name)


def _version(proposal: Proposal, name: str) -> str:
    """A text that changes whenever the pixels of a pair change."""
    mismatched = [each.check for each in proposal.mismatched if each.name == name]
    pair = [" ".join(pair.content) for pair in proposal.pairs if pair.name == name]
    return f"{proposal.folder.name} {mismatched} {pair}"


@st.cache_data(max_entries=500, show_spinner=False, hash_funcs={Proposal: lambda _: None})
def _png(proposal: Proposal, name: str, version: str) -> bytes:
    return _drawn(*proposal_repairs.current_pair(proposal, name))


@st.cache_data(
    max_entries=500,
    show_spinner=False,
    hash_funcs={Proposal: lambda _: None, Finding: lambda finding: finding.check},
)
def _repaired_png(
    proposal: Proposal, finding: Finding, name: str, repair: str, version: str
) -> bytes:
    try:
        return _drawn(*proposal_repairs.repaired_pair(proposal, finding, name, repair))
    except CellsegError:
        return _drawn(*proposal_repairs.current_pair(proposal, name))


def _drawn(image: Image, mask: np.ndarray) -> bytes:
    """A thumbnail of an image with its mask; beside each other if their sizes differ."""
    image_preview = thumbnail(to_rgb8(image), _PREVIEW_SIDE)
    if mask.ndim == 3 or mask.shape != (image.height, image.width):
        if mask.ndim == 3:
            mask_preview = thumbnail(to_rgb8(Image(mask, "YXC")), _PREVIEW_SIDE)
        else:
            small = thumbnail_labels(mask, _PREVIEW_SIDE)
            grey = np.where(small > 0, 80 + small.astype(np.int64) * 37 % 176, 0).astype(np.uint8)
            mask_preview = np.repeat(grey[..., np.newaxis], 3, axis=2)
        return png_bytes(_beside(image_preview, mask_preview))
    small = nearest(mask, *image_preview.shape[:2])
    return png_bytes(overlay(image_preview, small.astype(np.int64), opacity=0.5, colour=None))


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two RGB images (Y, X, 3), uint8, beside each other on grey."""
    height = max(left.shape[0], right.shape[0])
    canvas = np.full((height, left.shape[1] + right.shape[1] + 4, 3), 128, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], -right.shape[1] :] = right
    return canvas
