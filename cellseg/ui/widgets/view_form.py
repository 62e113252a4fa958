"""The form that chooses planes, channels and axes of files, with a live preview."""

import hashlib
from pathlib import Path

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.images.example import ExampleFile
from cellseg.images.scaling import thumbnail, to_rgb8
from cellseg.images.selection import (
    Choosable,
    axes_options,
    choosable,
    default_channels,
    image_indices,
    view_without_defaults,
)
from cellseg.images.stack import UNKNOWN, StackFacts
from cellseg.images.view import View
from cellseg.images.writing import png_bytes
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets.page_decoder import reader
from cellseg.workspace import Workspace

SIDE = 420
"""Longest side of the preview, pixels."""

_AXES = {"Z": "planes", "T": "time points", "C": "channels"}
_COLOURS = ("Red", "Green", "Blue")
_COMPOSITE, _GRAYSCALE = "Composite (RGB)", "Grayscale (one channel)"
_MAXIMUM, _MEAN = "Max projection", "Mean projection"
_ONE = {"Z": "One plane", "T": "One time point", "P": "One position"}
_EACH = {"Z": "Each plane", "T": "Each time point", "P": "Each position"}
_FIELDS = {"Z": "plane", "T": "time", "P": "position"}


def in_expander(workspace: Workspace, example: ExampleFile, current: View) -> View | None:
    """The form as `choice`, in an expander whose title says what is used."""
    title = "Channels" if choosable(example.facts) is Choosable.COLOURS else "Planes and channels"
    if current.description:
        title = f"Read from each file: {current.description}"
    undecided = not example.facts.axes_known and current == View()
    with st.expander(title, icon=":material/layers:", expanded=undecided):
        return choice(workspace, example, current)


def clearing(current: View) -> View | None:
    """The choice that is used although the files leave nothing to choose, and a way to clear it."""
    with st.expander(f"Read from each file: {current.description}", icon=":material/layers:"):
        st.markdown("These images have one plane and one channel, or are RGB images.")
        if st.button(
            "Reset to default channels and planes", key="view-form-drop", icon=":material/undo:"
        ):
            return View()
    return None


def choice(workspace: Workspace, example: ExampleFile, current: View) -> View | None:
    """The form: the choice when its button is pressed, else None.

    Parameters
    ----------
    current : the choice with which the images are read now; another one resets the form.
    """
    content = example.name + example.facts.model_dump_json() + current.model_dump_json()
    key = f"view-form-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    with st.container(key="view-form"):
        st.markdown(
            f"**Choose what is read from each file.** {plain(example.name)} holds "
            f"{example.facts.description}."
        )
        left, right = st.columns([3, 2], gap="medium")
        with left:
            chosen = _widgets(key, example.facts, current)
        with right:
            _preview(workspace, example, chosen)
        changed = chosen != current
        label = "Use this for all images" if changed else "Used for all images"
        pressed = st.button(label, key=f"{key}-use", icon=":material/check:", disabled=not changed)
    return chosen if pressed else None


def _widgets(key: str, facts: StackFacts, current: View) -> View:
    axes = _axes(key, facts, current)
    choices: dict[str, object] = {}
    if axes is not None and axes != facts.axes:
        facts = facts.model_copy(update={"axes": axes})
        choices["axes"] = axes
    expand = UNKNOWN in facts.axes
    if facts.channels > 1:
        choices["channels"] = _channels(key, facts, current)
    for letter in "ZTP":
        if facts.length(letter) > 1:
            picked, each = _along(key, letter, facts.length(letter), current)
            choices |= picked
            expand = expand or each
    return view_without_defaults(choices, expand, current)


def _axes(key: str, facts: StackFacts, current: View) -> str | None:
    """The letters that are meant; None for pages of which nothing is known."""
    options = axes_options(facts)
    if len(options) == 1:
        return options[0]

    def words(axes: str | None) -> str:
        if axes is None:
            return "Each page is an image of its own"
        leading = axes.replace("Y", "").replace("X", "")
        kinds = ", ".join(_AXES.get(letter, letter) for letter in leading)
        return (
            f"{axes}: {kinds}"
            if len(axes) > 3 or facts.axes_known or not kinds
            else kinds.capitalize()
        )

    return st.selectbox(
        "Axes",
        options,
        index=_first(options, current),
        format_func=words,
        key=f"{key}-axes",
        help="As they follow in the file: T time, Z plane, C channel, Y row, X column.",
    )


def _first(options: list[str | None], current: View) -> int:
    if current.axes is None and not current.expand:
        return 0
    return options.index(current.axes) if current.axes in options else 0


def _channels(key: str, facts: StackFacts, current: View) -> tuple[int | None, ...] | None:
    """One channel for grey or three for colours; None where nothing differs from the default."""
    names = facts.channel_names or tuple(f"Channel {n}" for n in range(facts.channels))
    if facts.colour:
        names = _COLOURS
    grey = current.channels is not None and len(current.channels) == 1
    as_grey = st.segmented_control(
        "Channels",
        (_COMPOSITE, _GRAYSCALE),
        default=_GRAYSCALE if grey else _COMPOSITE,
        required=True,
        key=f"{key}-colours",
    )
    default = default_channels(facts)
    start = current.channels or default
    if as_grey == _GRAYSCALE:
        chosen = st.selectbox(
            "Channel",
            range(facts.channels),
            index=(start[0] or 0) if grey and (start[0] or 0) < facts.channels else 0,
            format_func=lambda n: names[n],
            key=f"{key}-grey",
        )
        return (chosen,)
    options = [None, *range(facts.channels)]
    picked = []
    for column, colour, first in zip(
        st.columns(3), _COLOURS, default if grey else start, strict=True
    ):
        with column:
            picked.append(
                st.selectbox(
                    colour,
                    options,
                    index=options.index(first) if first in options else 0,
                    format_func=lambda n: "None" if n is None else names[n],
                    key=f"{key}-{colour.lower()}",
                )
            )
    found = tuple(picked)
    if (current.channels is None and found == default) or found == (None, None, None):
        return None
    return found


def _along(key: str, letter: str, length: int, current: View) -> tuple[dict[str, object], bool]:
    """What is taken along an axis: settings of a view, and whether each becomes an image."""
    field = _FIELDS[letter]
    one, each = _ONE[letter], _EACH[letter]
    ways = [_MAXIMUM, _MEAN, one, each] if letter == "Z" else [one, each]
    number = getattr(current, field)
    if number is not None:
        first = one
    elif letter == "Z" and (current.projection or not current.expand):
        first = _MEAN if current.projection == "mean" else _MAXIMUM
    else:
        first = each if current.expand else one
    way = st.segmented_control(
        {"Z": "Planes", "T": "Time points", "P": "Positions"}[letter],
        ways,
        default=first,
        required=True,
        key=f"{key}-{field}-way",
    )
    if way == one:
        start = number if number is not None else (length // 2 if letter == "Z" else 0)
        chosen = st.slider(
            one,
            0,
            length - 1,
            min(start, length - 1),
            key=f"{key}-{field}",
            help="Counted from 0.",
        )
        return {field: chosen}, False
    if way == _MEAN:
        return {"projection": "mean"}, False
    if way == _MAXIMUM:
        return {"projection": "max"}, False
    return {}, True


def _preview(workspace: Workspace, example: ExampleFile, view: View) -> None:
    """The first image that the choice makes of the file."""
    if example.path is None or not example.path.is_file():
        return
    try:
        facts = example.facts.with_axes(view.axes, example.name)
        images = len(image_indices(facts, view, example.name))
        changed = example.path.stat().st_mtime_ns
        picture = _png(str(example.path), changed, example.name, view.model_dump_json(), workspace)
    except CellsegError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    st.image(picture, width="stretch", alt=f"{example.name} as it will be used")
    shown = f"first of {count(images, 'image')}" if images > 1 else "image"
    st.caption(f"Preview of the {shown} made from this file.")


@st.cache_data(max_entries=200, show_spinner=False)
def _png(path: str, changed: int, name: str, choice_json: str, _workspace: Workspace) -> bytes:
    with reader(_workspace) as decoder:
        image = decoder.image(Path(path), name, View.model_validate_json(choice_json), number=0)
    return png_bytes(thumbnail(to_rgb8(image), SIDE))
