"""What the checks found in proposed pairs, with pictures and repairs; pairing by hand."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np
import streamlit as st

from cellseg.analysis.overlay import overlay
from cellseg.datasets.intake.checks import proposal_repairs
from cellseg.datasets.intake.checks.finding import Finding, Severity
from cellseg.datasets.intake.checks.repairs import REPAIRS
from cellseg.datasets.intake.layouts import Recognised
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
    "duplicate-name": "The same name twice",
    "unreadable": "File cannot be read",
    "size-mismatch": "Image and mask differ in size",
    "swapped": "Image and mask swapped",
    "same-file": "Image and mask are the same",
    "colour-mask": "Mask in colours",
    "grey-edges": "Grey edges in the mask",
    "inverted-mask": "Background is labelled",
    "labels-wrapped": "Labels stop at 255",
    "grey-values": "Several grey values",
    "binary-touching": "Touching cells in black and white",
    "empty-mask": "Masks without cells",
    "detached-parts": "Detached parts and small fragments",
    "overlapping-cells": "Overlapping cells",
    "partly-labelled": "Only a region is labelled",
    "mixed-sizes": "Cells of very different size",
    "flat-image": "Nothing to see in the image",
    "mixed-depths": "Mixed bit depths",
    "mixed-channels": "Grey and colour mixed",
    "odd-intensity": "Unlike the rest",
    "leak": "Train and test share images",
    "duplicate-image": "The same image twice",
    "too-few": "Too few to trust a score",
}
"""What a person calls each check."""

SHOWN = 2
"""Pictures of a finding."""

_SIDE = 256
_OPEN = 6
_SEVERITIES: dict[Severity, tuple[str, str]] = {
    "error": ("red", "Error"),
    "warning": ("orange", "Warning"),
    "note": ("gray", "Note"),
}


def show(found: Proposal) -> None:
    """Every finding; a repair changes the proposal and runs the page again."""
    if not found.findings:
        st.caption(":material/health_and_safety: The check found nothing to repair.")
    for index, finding in enumerate(found.findings[:_OPEN]):
        _card(found, finding, index)
    rest = found.findings[_OPEN:]
    if rest:
        with st.expander(count(len(rest), "more finding"), key="findings-more"):
            for index, finding in enumerate(rest, _OPEN):
                _card(found, finding, index)
    if found.repairs:
        made = listed([REPAIRS[name].label for name in found.repairs])
        st.caption(plain(f"Repaired: {made}. Your files are as they were; start over to undo."))


def _card(found: Proposal, finding: Finding, index: int) -> None:
    """One finding: how bad, which images, what it does, how it looks, what repairs it."""
    colour, word = _SEVERITIES[finding.severity]
    key = f"doctor-{found.folder.name}-{len(found.repairs)}-{index}"
    names = _pictured(found, finding)
    with st.container(border=True, key=f"finding-{index}-{finding.check}"):
        alone = [name for name in finding.images if name in found.thumbnails]
        pictured = bool(names or (alone and not finding.pairs))
        words, pictures = st.columns([5, 4], gap="medium") if pictured else (st.container(), None)
        with words, st.container(gap="small"):
            number = f" · {count(len(finding.images), 'file')}" if finding.images else ""
            title = TITLES.get(finding.check, finding.check)
            st.markdown(f":{colour}-badge[{word}] **{title}**{number}")
            st.markdown(plain(finding.message))
            if finding.images:
                st.caption(plain(listed([PurePosixPath(name).name for name in finding.images], 4)))
            repairs = [name for name in (finding.repair, *finding.others) if name]
            repair, name = _chosen(found, repairs, names, key)
        if pictures is not None:
            with pictures:
                if names:
                    _pictures(found, finding, names, name, repair)
                else:
                    _side_by_side(
                        [(short(each, 20), str(found.thumbnails[each])) for each in alone]
                    )
        if repair is not None:
            with words:
                others = [each for each in repairs if REPAIRS[each].pixels is None]
                _buttons(found, finding, list(dict.fromkeys([repair, *others])), key)


def _chosen(
    found: Proposal, repairs: Sequence[str], names: Sequence[str], key: str
) -> tuple[str | None, str]:
    """The repair, of several that change pixels one, and the image on which it is shown."""
    shown = [name for name in repairs if REPAIRS[name].pixels]
    repair = shown[0] if shown else next(iter(repairs), None)
    name = names[0] if names else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(shown) > 1:
            picked = st.segmented_control(
                "Repair",
                shown,
                default=repair,
                required=True,
                format_func=lambda name: REPAIRS[name].label,
                key=f"{key}-which",
                label_visibility="collapsed",
            )
            repair = picked or repair
        if shown and len(names) > 1:
            name = st.selectbox(
                "Shown on",
                names[:50],
                format_func=lambda pair: PurePosixPath(_file(found, pair)).name,
                key=f"{key}-image",
                label_visibility="collapsed",
                width=240,
            )
    return repair, name


def _buttons(found: Proposal, finding: Finding, repairs: Sequence[str], key: str) -> None:
    """A click makes a repair."""
    pressed = None
    with st.container(horizontal=True, vertical_alignment="center"):
        for number, name in enumerate(repairs):
            made = REPAIRS[name]
            icon = ":material/healing:" if made.pixels else ":material/done_all:"
            if name == "leave-out":
                icon = ":material/block:"
            if st.button(made.label, key=f"{key}-repair-{number}", icon=icon, help=made.sentence):
                pressed = name
    st.caption(REPAIRS[repairs[0]].sentence)
    if pressed is not None:
        with st.spinner("Repairing"):
            proposal_repairs.apply(found, finding, pressed)
        st.rerun()


def _pictures(
    found: Proposal, finding: Finding, names: Sequence[str], name: str, repair: str | None
) -> None:
    """One image before and after a repair; without one, the first images."""
    if repair and REPAIRS[repair].pixels:
        version = _version(found, name)
        shown: list[tuple[str, bytes | str]] = [
            ("Before", _png(found, name, version)),
            ("After", _repaired_png(found, finding, name, repair, version)),
        ]
    else:
        shown = [
            (short(_file(found, each), 20), _png(found, each, _version(found, each)))
            for each in names[:SHOWN]
        ]
    _side_by_side(shown)


def _side_by_side(pictures: Sequence[tuple[str, bytes | str]]) -> None:
    """Pictures, as PNG or where they lie, with what stands beneath them."""
    for column, (title, png) in zip(st.columns(SHOWN, gap="small"), pictures, strict=False):
        with column, st.container(gap="xxsmall"):
            st.image(png, alt=title, width="stretch")
            st.caption(title)


def _pictured(found: Proposal, finding: Finding) -> list[str]:
    """The pairs of the images of a finding, those that are concerned first of all."""
    mismatched = {each.name: each.image for each in found.mismatched}
    files = {pair.name: pair.image_name for pair in found.pairs}
    known = {name: mismatched.get(name) or files.get(name) for name in finding.pairs}
    return [name for name, image in known.items() if image in set(finding.images)]


def _file(found: Proposal, name: str) -> str:
    """What the user calls the image of a pair."""
    for pair in found.mismatched:
        if pair.name == name:
            return pair.image
    return next((pair.image_name for pair in found.pairs if pair.name == name), name)


def _version(found: Proposal, name: str) -> str:
    """What changes when the pixels of a pair do."""
    mismatch = [each.check for each in found.mismatched if each.name == name]
    pair = [" ".join(pair.content) for pair in found.pairs if pair.name == name]
    return f"{found.folder.name} {mismatch} {pair}"


@st.cache_data(max_entries=500, show_spinner=False, hash_funcs={Proposal: lambda _: None})
def _png(found: Proposal, name: str, version: str) -> bytes:
    return _drawn(*proposal_repairs.current_pair(found, name))


@st.cache_data(
    max_entries=500,
    show_spinner=False,
    hash_funcs={Proposal: lambda _: None, Finding: lambda finding: finding.check},
)
def _repaired_png(found: Proposal, finding: Finding, name: str, repair: str, version: str) -> bytes:
    try:
        return _drawn(*proposal_repairs.repaired_pair(found, finding, name, repair))
    except CellsegError:
        return _drawn(*proposal_repairs.current_pair(found, name))


def _drawn(image: Image, mask: np.ndarray) -> bytes:
    """A small picture of an image with its mask laid over; beside it where they do not fit."""
    picture = thumbnail(to_rgb8(image), _SIDE)
    if mask.ndim == 3 or mask.shape != (image.height, image.width):
        other = mask if mask.ndim == 2 else mask.max(axis=2)
        small = thumbnail_labels(other, _SIDE)
        grey = np.where(small > 0, 80 + small.astype(np.int64) * 37 % 176, 0).astype(np.uint8)
        side = thumbnail(to_rgb8(Image(mask, "YXC")), _SIDE) if mask.ndim == 3 else None
        shown = np.repeat(grey[..., np.newaxis], 3, axis=2) if side is None else side
        return png_bytes(_beside(picture, shown))
    small = nearest(mask, *picture.shape[:2])
    return png_bytes(overlay(picture, small.astype(np.int64), opacity=0.5, colour=None))


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures (y, x, 3) beside each other on grey."""
    height = max(left.shape[0], right.shape[0])
    canvas = np.full((height, left.shape[1] + right.shape[1] + 4, 3), 128, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], -right.shape[1] :] = right
    return canvas


def pairing_begun(key: str) -> bool:
    """Whether somebody has changed the table of this key, so that it must stay open."""
    return any((st.session_state.get(f"{key}-table") or {}).values())


def pairing_table(recognised: Recognised, key: str) -> list[tuple[str, str]] | None:
    """A table in which a person says which mask belongs to which image; the pairs when done."""
    st.caption(
        "Change a name to pair other files; add a row at the end, or delete one, for pairs that "
        "were missed or are none. Rows without both names are left out; "
        "pairing anew undoes repairs."
    )
    alone = list(recognised.images_without_mask)
    images, masks = sorted(recognised.images), sorted(recognised.masks)
    edited: Mapping[str, Iterable[str | None]] = st.data_editor(
        {
            "Image": [*(pair.image for pair in recognised.pairs), *alone],
            "Mask": [*(pair.mask for pair in recognised.pairs), *[None] * len(alone)],
        },
        column_config={
            "Image": st.column_config.SelectboxColumn(options=images),
            "Mask": st.column_config.SelectboxColumn(options=masks),
        },
        num_rows="dynamic",
        hide_index=True,
        key=f"{key}-table",
    )
    if not st.button("Pair them so", key=f"{key}-apply", icon=":material/link:"):
        return None
    rows = zip(edited["Image"], edited["Mask"], strict=True)
    return [(image, mask) for image, mask in rows if image and mask]
