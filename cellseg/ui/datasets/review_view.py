"""What the checks find in a saved dataset."""

import streamlit as st

from cellseg.datasets.intake.checks import review
from cellseg.datasets.intake.checks.finding import Finding, Severity
from cellseg.datasets.store import Dataset
from cellseg.ui.datasets.doctor_view import TITLES
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count, listed, plain

BADGES: dict[Severity, str] = {
    "error": ":red-badge[Error]",
    "warning": ":orange-badge[Warning]",
    "note": ":gray-badge[Note]",
}


@frame.guarded
def show(dataset: Dataset) -> None:
    """Every finding with its images; repairs are offered where images are brought."""
    found = review.stored_findings(dataset)
    if found is None:
        found = _looked_at(dataset)
    if not found:
        st.success("The check found nothing.", icon=":material/health_and_safety:")
        return
    st.caption(
        f"{count(len(found), 'finding')}. The dataset stays as it is; repairs are offered where "
        "images are brought."
    )
    for index, finding in enumerate(found):
        with st.container(border=True, gap="small", key=f"review-{index}"):
            _card(finding)


def _looked_at(dataset: Dataset) -> list[Finding]:
    bar = st.progress(0.0, "Looking at the images")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Looking at {name}, {done} of {of}"))

    try:
        return review.check_dataset(dataset, progress)
    finally:
        bar.empty()


def _card(finding: Finding) -> None:
    title = TITLES.get(finding.check, finding.check)
    concerned = f" · {count(len(finding.images), 'image')}" if finding.images else ""
    st.markdown(f"{BADGES[finding.severity]} **{plain(title)}**{concerned}")
    st.markdown(plain(finding.message))
    if finding.images:
        st.caption(plain(listed(list(finding.images), most=8)))
