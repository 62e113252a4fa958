"""The card of a dataset: its numbers, its histograms, and the user's notes."""

from collections import Counter

import numpy as np
import streamlit as st

from cellseg.datasets import statistics
from cellseg.datasets.statistics import Histogram, Statistics
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.datasets import card_charts
from cellseg.ui.datasets.save_form import KINDS
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import listed, plain
from cellseg.ui.shell.formatting import size as in_bytes
from cellseg.workspace import size_on_disk

BITS = {"uint8": "8 bit", "uint16": "16 bit", "float32": "32 bit, fractions"}
PLAIN = {"displayModeBar": False}


def show(store: DatasetStore, dataset: Dataset) -> None:
    """Numbers at the top, histograms beneath, notes at the end."""
    found = _measured(dataset)
    _numbers(dataset, found)
    left, right = st.columns(2, gap="medium")
    with left:
        _diameters(found)
    with right:
        _intensities(found)
    if found.diameters.size:
        with left:
            st.markdown("**Objects in an image**")
            figure = card_charts.per_image(found.counts)
            most, fewest = max(found.counts), min(found.counts)
            _chart(figure, "card-counts", f"Histogram of objects in an image: {fewest} to {most}")
    with right:
        _facts(dataset)
    _notes(store, dataset)


def _measured(dataset: Dataset) -> Statistics:
    found = statistics.known(dataset)
    if found is not None:
        return found
    bar = st.progress(0.0, "Measuring the images")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Measuring {name}, {done} of {of}"))

    try:
        return statistics.measure(dataset, progress)
    finally:
        bar.empty()


def _numbers(dataset: Dataset, found: Statistics) -> None:
    sizes = found.pixel_sizes
    pixel = f"{sizes[0]:.3g} µm" if len(sizes) == 1 else "several" if sizes else "–"
    median = f"{np.median(found.diameters):.1f} px" if found.diameters.size else "–"
    covered = np.mean([pair.covered for pair in found.objects])
    with st.grid(5, min_column_width=140):
        st.metric("Pairs", f"{len(dataset.pairs):,}", border=True)
        st.metric("Objects", f"{found.diameters.size:,}", border=True)
        st.metric("Median diameter", median, border=True)
        st.metric("Covered", f"{covered:.0%}", border=True, help="Share of the pixels in objects.")
        st.metric("Pixel size", pixel, border=True, help="As far as the files say it.")


def _diameters(found: Statistics) -> None:
    st.markdown("**Diameters of the objects**")
    if not found.diameters.size:
        st.caption("The masks mark no object.")
        return
    values, unit = found.diameters, "pixels"
    if len(found.pixel_sizes) == 1 and all(pair.pixel_size_um for pair in found.objects):
        values, unit = values * found.pixel_sizes[0], "µm"
    median = np.median(values)
    figure = card_charts.diameters(values, unit)
    said = f"Histogram of {values.size} diameters, median {median:.1f} {unit}"
    _chart(figure, "card-diameters", said)


def _intensities(found: Statistics) -> None:
    st.markdown("**Intensities of the images**")
    kinds: dict[str, list[Histogram]] = {}
    for histogram in found.intensities:
        kinds.setdefault(f"{histogram.dtype} {histogram.channel == 'grey'}", []).append(histogram)
    chosen = next(iter(kinds))
    if len(kinds) > 1:
        chosen = st.segmented_control(
            "Images of",
            list(kinds),
            format_func=lambda key: _kind(kinds[key][0]),
            default=chosen,
            required=True,
            key="card-intensities-of",
            label_visibility="collapsed",
        )
    shown = kinds[chosen]
    figure = card_charts.intensities(shown)
    _chart(figure, "card-intensities", f"Histogram of the grey values of {_kind(shown[0])} images")


def _chart(figure: object, key: str, said: str) -> None:
    st.plotly_chart(figure, key=key, config=PLAIN, alt=said)


def _kind(histogram: Histogram) -> str:
    colour = "grey" if histogram.channel == "grey" else "colour"
    return f"{BITS.get(histogram.dtype, histogram.dtype)}, {colour}"


def _facts(dataset: Dataset) -> None:
    pairs = dataset.pairs
    sizes = Counter(f"{pair.width} × {pair.height}" for pair in pairs)
    types = Counter(
        f"{BITS.get(pair.dtype, pair.dtype)}, {'grey' if pair.channels == 1 else 'colour'}"
        for pair in pairs
    )
    rows = {
        "Image sizes": _counted(sizes),
        "Image types": _counted(types),
        "Masks": KINDS[dataset.kind],
        "Split": f"{len(dataset.split.train)} train, {len(dataset.split.test)} test",
        "Brought": dataset.created[:10],
        "On the disk": in_bytes(size_on_disk(dataset.folder)),
        "Fingerprint": dataset.fingerprint[:16],
    }
    st.markdown("**Facts**")
    st.table(
        {"": list(rows), " ": [plain(value) for value in rows.values()]},
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _counted(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return listed([f"{what} ({number})" for what, number in counts.most_common()], most=4)


@frame.guarded
def _notes(store: DatasetStore, dataset: Dataset) -> None:
    with st.form("dataset-notes", border=False):
        text = st.text_area(
            "Notes",
            value=dataset.record.notes,
            max_chars=10_000,
            placeholder="Microscope, stain, who drew the masks, what to watch out for",
        )
        if st.form_submit_button("Keep the notes", icon=":material/edit_note:"):
            store.note(dataset.id, text)
            session.note(f"The notes of {dataset.name} are kept.")
            st.rerun()
