"""The summary of a dataset: numbers, histograms, details, and the user's notes."""

from collections import Counter

import numpy as np
import streamlit as st

from cellseg.datasets import statistics
from cellseg.datasets.statistics import Histogram, Statistics
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.datasets import card_charts
from cellseg.ui.datasets.save_form import MASK_KINDS
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import listed, plain
from cellseg.ui.shell.formatting import size as in_bytes
from cellseg.workspace import size_on_disk

BIT_DEPTHS = {"uint8": "8-bit", "uint16": "16-bit", "float32": "32-bit float"}
NO_MODE_BAR = {"displayModeBar": False}


def show(store: DatasetStore, dataset: Dataset) -> None:
    """Numbers at the top, histograms and details below, notes at the end."""
    measured = _statistics(dataset)
    _numbers(dataset, measured)
    left, right = st.columns(2, gap="medium")
    with left:
        _diameters(measured)
    with right:
        _intensities(measured)
    if measured.diameters.size:
        with left:
            st.markdown("**Objects per image**")
            figure = card_charts.per_image(measured.counts)
            most, fewest = max(measured.counts), min(measured.counts)
            _chart(figure, "card-counts", f"Histogram of objects per image: {fewest} to {most}")
    with right:
        _details(dataset)
    _notes(store, dataset)


def _statistics(dataset: Dataset) -> Statistics:
    measured = statistics.stored(dataset)
    if measured is not None:
        return measured
    bar = st.progress(0.0, "Measuring the images")

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / max(1, total), plain(f"Measuring {name}, {done} of {total}"))

    try:
        return statistics.measure(dataset, progress)
    finally:
        bar.empty()


def _numbers(dataset: Dataset, measured: Statistics) -> None:
    sizes = measured.pixel_sizes
    pixel = f"{sizes[0]:.3g} µm" if len(sizes) == 1 else "varies" if sizes else "–"
    median = f"{np.median(measured.diameters):.1f} px" if measured.diameters.size else "–"
    covered = np.mean([pair.covered for pair in measured.objects])
    with st.grid(5, min_column_width=140):
        st.metric("Pairs", f"{len(dataset.pairs):,}", border=True)
        st.metric("Objects", f"{measured.diameters.size:,}", border=True)
        st.metric("Median diameter", median, border=True)
        st.metric(
            "Area fraction",
            f"{covered:.0%}",
            border=True,
            help="Fraction of the pixels that belong to objects.",
        )
        st.metric("Pixel size", pixel, border=True, help="From the metadata of the files.")


def _diameters(measured: Statistics) -> None:
    st.markdown("**Object diameters**")
    if not measured.diameters.size:
        st.caption("The masks contain no objects.")
        return
    values, unit = measured.diameters, "pixels"
    if len(measured.pixel_sizes) == 1 and all(pair.pixel_size_um for pair in measured.objects):
        values, unit = values * measured.pixel_sizes[0], "µm"
    median = np.median(values)
    figure = card_charts.diameters(values, unit)
    alt = f"Histogram of {values.size} diameters, median {median:.1f} {unit}"
    _chart(figure, "card-diameters", alt)


def _intensities(measured: Statistics) -> None:
    st.markdown("**Image intensities**")
    types: dict[str, list[Histogram]] = {}
    for histogram in measured.intensities:
        types.setdefault(f"{histogram.dtype} {histogram.channel == 'grey'}", []).append(histogram)
    chosen = next(iter(types))
    if len(types) > 1:
        chosen = st.segmented_control(
            "Image type",
            list(types),
            format_func=lambda key: _image_type(types[key][0]),
            default=chosen,
            required=True,
            key="card-intensities-of",
            label_visibility="collapsed",
        )
    shown = types[chosen]
    figure = card_charts.intensities(shown)
    _chart(
        figure,
        "card-intensities",
        f"Histogram of the grey values of {_image_type(shown[0])} images",
    )


def _chart(figure: object, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=key, config=NO_MODE_BAR, alt=alt)


def _image_type(histogram: Histogram) -> str:
    return image_type(histogram.dtype, grey=histogram.channel == "grey")


def image_type(dtype: str, *, grey: bool) -> str:
    """Bit depth and colour, such as `8-bit greyscale`."""
    return f"{BIT_DEPTHS.get(dtype, dtype)} {'greyscale' if grey else 'colour'}"


def _details(dataset: Dataset) -> None:
    pairs = dataset.pairs
    sizes = Counter(f"{pair.width} × {pair.height}" for pair in pairs)
    types = Counter(image_type(pair.dtype, grey=pair.channels == 1) for pair in pairs)
    rows = {
        "Image sizes": _counted(sizes),
        "Image types": _counted(types),
        "Masks": MASK_KINDS[dataset.kind],
        "Split": f"{len(dataset.split.train)} train, {len(dataset.split.test)} test",
        "Imported": dataset.created[:10],
        "Size on disk": in_bytes(size_on_disk(dataset.folder)),
        "Fingerprint": dataset.fingerprint[:16],
    }
    st.markdown("**Details**")
    st.table(
        {"": list(rows), " ": [plain(value) for value in rows.values()]},
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def _counted(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return listed([f"{value} ({number})" for value, number in counts.most_common()], most=4)


@frame.with_boundary
def _notes(store: DatasetStore, dataset: Dataset) -> None:
    with st.form("dataset-notes", border=False):
        text = st.text_area(
            "Notes",
            value=dataset.record.notes,
            max_chars=10_000,
            placeholder="Microscope, stain, who annotated the masks, known problems",
        )
        if st.form_submit_button("Save notes", icon=":material/edit_note:"):
            store.set_notes(dataset.id, text)
            session.add_message(f"The notes of {dataset.name} were saved.")
            st.rerun()
