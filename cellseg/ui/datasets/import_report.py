"""What an import found among the files: pairs, unpaired files, problems, previews."""

from collections.abc import Callable, Sequence

import streamlit as st

from cellseg.datasets.intake.proposal import Proposal
from cellseg.ui.datasets import findings_view, save_form
from cellseg.ui.datasets.card_view import image_type
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import gallery, previews


def show_report(proposal: Proposal) -> None:
    """The number of pairs, and what is wrong with the files."""
    unpaired = [*proposal.images_without_mask, *proposal.masks_without_image]
    badges = [f":green-badge[:material/check: {count(len(proposal.pairs), 'pair')}]"]
    if unpaired:
        badges.append(f":orange-badge[{count(len(unpaired), 'unpaired file')}]")
    if proposal.problems:
        badges.append(f":red-badge[{count(len(proposal.problems), 'problem')}]")
    if proposal.left_out:
        badges.append(f":gray-badge[{len(proposal.left_out)} ignored]")
    st.markdown(" ".join(badges))
    st.markdown(f":material/account_tree: {plain(proposal.layout.sentence)}")
    _sentences(proposal.remarks, st.info, "info")
    findings_view.show(proposal)


def _sentences(
    sentences: Sequence[str], show: Callable[..., object], icon: str, most: int = 4
) -> None:
    for sentence in sentences[:most]:
        show(plain(sentence), icon=f":material/{icon}:")
    if len(sentences) > most:
        with st.expander(f"{len(sentences) - most} more"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences[most:]))


def show_pairs(proposal: Proposal) -> None:
    """The pairs as images with their masks, and a table of their names."""
    kind, values = save_form.mask_kind(proposal)
    shown = [
        previews.Preview(proposal.folder, pair, kind, values, proposal.sides.get(pair.name, ""))
        for pair in proposal.pairs
    ]
    gallery.grid(shown, key=f"proposal-{proposal.folder.name}")
    with st.expander("Table of pairs", icon=":material/table_rows:"):
        st.dataframe(
            {
                "Image": [pair.image_name for pair in proposal.pairs],
                "Mask": [pair.mask_name for pair in proposal.pairs],
                "Size": [f"{pair.width} × {pair.height}" for pair in proposal.pairs],
                "Type": [
                    image_type(pair.dtype, grey=pair.channels == 1) for pair in proposal.pairs
                ],
            },
            hide_index=True,
            alt=f"Names of {count(len(proposal.pairs), 'pair')} of image and mask",
        )
    if proposal.left_out:
        with st.expander(f"Ignored: {count(len(proposal.left_out), 'file')}"):
            st.markdown("\n".join(f"- {plain(name)}" for name in proposal.left_out[:200]))


def naming_examples() -> None:
    """For a workspace without datasets: which file names are paired."""
    examples = (
        ("Two folders", "images/cell1.tif", "masks/cell1.tif"),
        ("A suffix", "cell1.tif", "cell1_mask.tif"),
        ("The same number", "train-volume_0.tif", "train-labels_0.tif"),
    )
    st.markdown("**File names that are paired**")
    for column, (title, image, mask) in zip(st.columns(3, gap="medium"), examples, strict=True):
        with column, st.container(border=True, gap="xsmall"):
            st.markdown(title)
            st.caption(f"`{image}`  \n`{mask}`")
    st.caption(
        "TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY, any bit depth. In a mask, the cells are "
        "white or each cell has its own number; the background is 0."
    )
