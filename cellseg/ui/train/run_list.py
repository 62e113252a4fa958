"""The list of training runs."""

import streamlit as st

from cellseg.training.runs import Run
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import (
    count,
    moment,
    plain,
)
from cellseg.ui.train.run_view import badge, last_iou

MOST = 10
"""Runs on one page of the list."""


def show(runs: list[Run], opened: str | None) -> None:
    """All runs, newest first, in pages; each line links to its run."""
    pages = -(-len(runs) // MOST)
    slot = st.container(gap="xsmall")
    page = st.pagination(pages, key="runs-page") if pages > 1 else 1
    with slot:
        for run in runs[(page - 1) * MOST : page * MOST]:
            _line(run, opened == run.id)


def _line(run: Run, is_open: bool) -> None:
    progress = run.progress()
    rows = run.metrics()
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        frame.link(
            "train",
            plain(run.config.model_name),
            icon="visibility" if is_open else "show_chart",
            query={"run": run.id},
        )
        st.markdown(badge(progress), width="content")
        st.space("stretch")
        facts = [plain(run.config.dataset_name)]
        if rows:
            last = rows[-1]
            facts.append(f"{count(last['epoch'], 'epoch')}, {last_iou(run, last)}")
        facts.append(moment(run.config.created))
        st.caption(" · ".join(facts), width="content")
