"""The check of a saved dataset."""

import streamlit as st

from cellseg.datasets.intake.checks import review
from cellseg.datasets.intake.checks.finding import Finding, Severity
from cellseg.datasets.store import Dataset
from cellseg.ui.datasets.findings_view import TITLES
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count, listed, plain

BADGES: dict[Severity, str] = {
    "error": ":red-badge[Error]",
    "warning": ":orange-badge[Warning]",
    "note": ":gray-badge[Note]",
}


@frame.with_boundary
def show(dataset: Dataset) -> None:
    """Every finding with its images; repairs are offered during an import."""
    findings = review.stored_findings(dataset)
    if findings is None:
        findings = _checked(dataset)
    if not findings:
        st.success("The check found no problems.", icon=":material/check_circle:")
        return
    st.caption(
        f"{count(len(findings), 'finding')}. The check does not change the dataset; import the "
        "images again to repair them."
    )
    for index, finding in enumerate(findings):
        with st.container(border=True, gap="small", key=f"review-{index}"):
            _card(finding)


def _checked(dataset: Dataset) -> list[Finding]:
    bar = st.progress(0.0, "Checking the images")

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / max(1, total), plain(f"Checking {name}, {done} of {total}"))

    try:
        return review.check_dataset(dataset, progress)
    finally:
        bar.empty()


def _card(finding: Finding) -> None:
    title = TITLES.get(finding.check, finding.check)
    images = f" · {count(len(finding.images), 'image')}" if finding.images else ""
    st.markdown(f"{BADGES[finding.severity]} **{plain(title)}**{images}")
    st.markdown(plain(finding.message))
    if finding.images:
        st.caption(plain(listed(list(finding.images), most=8)))
