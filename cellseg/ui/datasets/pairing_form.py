"""The table in which the user pairs images and masks manually."""

from collections.abc import Iterable, Mapping

import streamlit as st

from cellseg.datasets.intake.layouts import RecognisedLayout


def edited(key: str) -> bool:
    """Whether the user has edited the table of this key, so that it must stay open."""
    return any((st.session_state.get(f"{key}-table") or {}).values())


def table(recognised: RecognisedLayout, key: str) -> list[tuple[str, str]] | None:
    """A table to pair images and masks manually.

    Returns
    -------
    Names of image and mask of each pair when the button is pressed, else None.
    """
    st.caption(
        "Change a name to pair other files. Add a row at the end for a missing pair; delete the "
        "row of a wrong one. A row that has only an image or only a mask is ignored. Applying a "
        "new pairing undoes all repairs."
    )
    unpaired = list(recognised.images_without_mask)
    images, masks = sorted(recognised.images), sorted(recognised.masks)
    rows_edited: Mapping[str, Iterable[str | None]] = st.data_editor(
        {
            "Image": [*(pair.image for pair in recognised.pairs), *unpaired],
            "Mask": [*(pair.mask for pair in recognised.pairs), *[None] * len(unpaired)],
        },
        column_config={
            "Image": st.column_config.SelectboxColumn(options=images),
            "Mask": st.column_config.SelectboxColumn(options=masks),
        },
        num_rows="dynamic",
        hide_index=True,
        key=f"{key}-table",
    )
    if not st.button("Apply pairing", key=f"{key}-apply", icon=":material/link:"):
        return None
    rows = zip(rows_edited["Image"], rows_edited["Mask"], strict=True)
    return [(image, mask) for image, mask in rows if image and mask]
