"""The results of a batch: its progress, the files that failed, and the segmented images."""

import streamlit as st

from cellseg import processes
from cellseg.batches import jobs
from cellseg.batches.batch import Batch, Progress
from cellseg.batches.store import BatchStore
from cellseg.ui.results import results_view
from cellseg.ui.results.state import Results
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import (
    about,
    count,
    moment,
    plain,
)
from cellseg.workspace import Workspace

REFRESH_SECONDS = 2.0
"""Between two updates of a batch that runs."""

MOST = 10
"""Batches on one page of the list."""

BADGES: dict[str, tuple[str, str, str]] = {
    "starting": ("Starting", "schedule", "blue"),
    "running": ("Running", "play_circle", "blue"),
    "done": ("Done", "check_circle", "green"),
    "stopped": ("Stopped", "stop_circle", "gray"),
    "failed": ("Failed", "error", "red"),
    "interrupted": ("Interrupted", "power_off", "orange"),
}


def badge(progress: Progress) -> str:
    """The state of a batch as a coloured Markdown badge."""
    title, icon, colour = BADGES[progress.state]
    return f":{colour}-badge[:material/{icon}: {title}]"


def show(workspace: Workspace, batch: Batch) -> None:
    """A batch; a fragment updates its status every 2 s until it has ended."""
    images = tuple(batch.images())
    progress = batch.progress()
    _heading(workspace, batch, progress)
    st.fragment(_status, run_every=None if progress.ended else REFRESH_SECONDS)(
        batch, progress.ended, len(images)
    )
    _failures(batch)
    with st.container():
        if images:
            results = Results(
                f"results-{batch.id}", batch.name, images, batch.model, batch.config.options
            )
            results_view.show(workspace, results)
        elif not progress.ended:
            st.info(
                "The first image appears here when it is segmented.",
                icon=":material/hourglass_top:",
            )
        else:
            st.info("No image was segmented.", icon=":material/info:")


def _heading(workspace: Workspace, batch: Batch, progress: Progress) -> None:
    store = BatchStore(workspace)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(batch.name), anchor=False, width="content")
        st.space("stretch")
        _pixel_size(batch)
        dialogs.rename("batch", batch.name, lambda name: _renamed(store, batch, name))
        if progress.ended and st.button("Delete", key="results-delete", icon=":material/delete:"):
            dialogs.confirm_delete(
                f"Delete the results {batch.name}?",
                "This deletes the segmented images and their measurements. Source images on the "
                "server and datasets are kept.",
                lambda: _deleted(store, batch),
                f"The results {batch.name} were deleted.",
            )


def _pixel_size(batch: Batch) -> None:
    """A button that opens a small form for the pixel size of all images."""
    with st.popover("Pixel size", icon=":material/straighten:"):
        with st.form("results-pixel-size", border=False):
            st.number_input(
                "Pixel size, µm",
                min_value=0.0,
                value=batch.config.pixel_size,
                key="results-pixel-size-entered",
                step=0.01,
                format="%.4f",
                placeholder="from the files",
                help="Adds areas in µm² and lengths in µm to tables and exports. If it is empty, "
                "the values in the files are used.",
            )
            st.form_submit_button(
                "Apply to all images",
                type="primary",
                on_click=frame.callback(_calibrate),
                args=(batch.id,),
            )


def _calibrate(batch_id: str) -> None:
    size = st.session_state["results-pixel-size-entered"]
    BatchStore(Workspace.default()).get(batch_id).set_pixel_size(size or None)


@frame.with_boundary
def _status(batch: Batch, ended: bool, shown: int) -> None:
    """State, progress and buttons; reruns the page at the first result and at the end."""
    progress = batch.progress()
    ready = len(batch.images()) if not ended else shown
    if progress.ended != ended or (ready and not shown):
        st.rerun()
    with st.container(key="results-status"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(badge(progress), width="content")
            status = status_text(progress, stopping=not ended and _stopping(batch))
            config = batch.config
            parts = [status, f"model {plain(config.model.name)}", moment(config.created)]
            parts += [config.view.description] if config.view.description else []
            st.caption(" · ".join(parts), width="content")
            st.space("stretch")
            if ready > shown and st.button(
                f"Show {count(ready - shown, 'new image')}",
                key="results-more",
                icon=":material/refresh:",
            ):
                st.rerun()
            if not ended:
                st.button(
                    "Stop",
                    key="results-stop",
                    icon=":material/stop:",
                    on_click=frame.callback(jobs.stop),
                    args=(batch,),
                    disabled=_stopping(batch),
                )
            elif progress.state != "done" and st.button(
                "Resume", key="results-resume", type="primary", icon=":material/play_arrow:"
            ):
                jobs.resume(batch)
                st.rerun()
        if not ended:
            st.progress(progress.done / max(1, progress.of))
    if ended and progress.state != "done":
        _reason(batch, progress)


def _reason(batch: Batch, progress: Progress) -> None:
    """Why the batch has ended early."""
    if progress.message:
        show = {"failed": st.error, "interrupted": st.warning}.get(progress.state, st.info)
        show(plain(progress.message), icon=f":material/{BADGES[progress.state][1]}:")
    if progress.state in ("failed", "interrupted") and (tail := batch.log_tail(15)):
        with st.expander("Last lines of the log", icon=":material/article:"):
            st.code("\n".join(tail), language=None, wrap_lines=True)


def status_text(progress: Progress, stopping: bool = False) -> str:
    """The progress of a batch in words."""
    done = f"{progress.done:,} of {count(progress.of, 'file')}"
    if progress.ended:
        return done
    if stopping:
        return f"{done}; stopping after this image …"
    parts = [done]
    if progress.remaining_s is not None:
        parts.append(f"about {about(progress.remaining_s)} left")
    if progress.phase and progress.state != "starting":
        parts.append(plain(progress.phase))
    return ", ".join(parts)


def _stopping(batch: Batch) -> bool:
    return (batch.folder / processes.STOP).exists()


def _failures(batch: Batch) -> None:
    """The files that could not be segmented, each with its error message."""
    with st.container():  # there in every run, so that nothing below it changes its place
        if not (failed := batch.failed()):
            return
        title = f"{count(len(failed), 'file')} could not be segmented"
        with st.expander(title, icon=":material/warning:"):
            for name, sentence in failed:
                lead = "" if name in sentence else f"{name}: "
                st.markdown(f"- {plain(lead + sentence)}")


def _renamed(store: BatchStore, batch: Batch, name: str) -> None:
    store.rename(batch, name)


def _deleted(store: BatchStore, batch: Batch) -> None:
    store.delete(batch)
    session.choose("batch", None)


def batch_list(batches: list[Batch], opened: str | None) -> None:
    """All batches, newest first, in pages; each line links to its batch."""
    pages = -(-len(batches) // MOST)
    slot = st.container(gap="xsmall")
    page = st.pagination(pages, key="batches-page") if pages > 1 else 1
    with slot:
        for batch in batches[(page - 1) * MOST : page * MOST]:
            _line(batch, opened == batch.id)


def _line(batch: Batch, is_open: bool) -> None:
    progress = batch.progress()
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        frame.link(
            "results",
            plain(batch.name),
            icon="visibility" if is_open else "grid_view",
            query={"batch": batch.id},
        )
        st.markdown(badge(progress), width="content")
        st.space("stretch")
        parts = [
            plain(batch.config.model.name),
            status_text(progress),
            moment(batch.config.created),
        ]
        st.caption(" · ".join(parts), width="content")
