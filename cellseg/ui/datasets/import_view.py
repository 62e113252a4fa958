"""What was found among the files that were brought: pairs, problems, pictures, names."""

from collections.abc import Callable, Sequence

import streamlit as st

from cellseg.datasets.intake.proposal import Proposal
from cellseg.ui.datasets import doctor_view, save_form
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import gallery, previews


def report(found: Proposal) -> None:
    """How many pairs, and by name everything that is not in a pair."""
    alone = [*found.images_without_mask, *found.masks_without_image]
    said = [f":green-badge[:material/check: {count(len(found.pairs), 'pair')}]"]
    if alone:
        said.append(f":orange-badge[{count(len(alone), 'file')} without a partner]")
    if found.problems:
        said.append(f":red-badge[{count(len(found.problems), 'problem')}]")
    if found.left_out:
        said.append(f":gray-badge[{len(found.left_out)} left out]")
    st.markdown(" ".join(said))
    st.markdown(f":material/account_tree: {plain(found.layout.sentence)}")
    _sentences(found.remarks, st.info, "info")
    doctor_view.show(found)


def _sentences(
    sentences: Sequence[str], show: Callable[..., object], icon: str, most: int = 4
) -> None:
    for sentence in sentences[:most]:
        show(plain(sentence), icon=f":material/{icon}:")
    if len(sentences) > most:
        with st.expander(f"{len(sentences) - most} more"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences[most:]))


def look(found: Proposal) -> None:
    """The pairs with their masks laid over, and a table of the names."""
    kind, values = save_form.meaning(found)
    pictures = [
        previews.Preview(found.folder, pair, kind, values, found.sides.get(pair.name, ""))
        for pair in found.pairs
    ]
    gallery.grid(pictures, key=f"proposal-{found.folder.name}")
    with st.expander("Which mask belongs to which image", icon=":material/table_rows:"):
        st.dataframe(
            {
                "Image": [pair.image_name for pair in found.pairs],
                "Mask": [pair.mask_name for pair in found.pairs],
                "Size": [f"{pair.width} × {pair.height}" for pair in found.pairs],
                "Type": [_type(pair.channels, pair.dtype) for pair in found.pairs],
            },
            hide_index=True,
            alt=f"Names of {count(len(found.pairs), 'pair')} of image and mask",
        )
    if found.left_out:
        with st.expander(f"Left out: {count(len(found.left_out), 'file')}"):
            st.markdown("\n".join(f"- {plain(name)}" for name in found.left_out[:200]))


def _type(channels: int, dtype: str) -> str:
    bits = {"uint8": "8 bit", "uint16": "16 bit"}.get(dtype, dtype)
    return f"{bits}, {'grey' if channels == 1 else 'colour'}"


def what_fits() -> None:
    """For a first visit: which names make a pair."""
    examples = (
        ("Two folders", "images/cell1.tif", "masks/cell1.tif"),
        ("A word at the end", "cell1.tif", "cell1_mask.tif"),
        ("The same number", "train-volume_0.tif", "train-labels_0.tif"),
    )
    st.markdown("**Names that make a pair**")
    for column, (title, image, mask) in zip(st.columns(3, gap="medium"), examples, strict=True):
        with column, st.container(border=True, gap="xsmall"):
            st.markdown(title)
            st.caption(f"`{image}`  \n`{mask}`")
    st.caption(
        "TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY, of any depth. In a mask the cells are "
        "white, or every cell has a number of its own; everything else is 0."
    )
