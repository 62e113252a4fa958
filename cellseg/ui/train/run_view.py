"""A training run: its progress, curves, scores and sample predictions."""

from typing import Any

import streamlit as st

from cellseg.recipes.registry import recipe_of
from cellseg.training import jobs
from cellseg.training.runs import Progress, Run, RunStore
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import (
    about,
    count,
    moment,
    plain,
    score,
)
from cellseg.ui.train import curves
from cellseg.ui.widgets import gallery
from cellseg.workspace import Workspace

REFRESH_SECONDS = 2.0
"""Between two updates of a run that trains."""

PREDICTIONS = 4
"""Predictions shown of each sample image: of the first, the last and some other epochs."""

BADGES: dict[str, tuple[str, str, str]] = {
    "starting": ("Starting", "schedule", "blue"),
    "running": ("Training", "model_training", "blue"),
    "finished": ("Finished", "check_circle", "green"),
    "stopped": ("Stopped", "stop_circle", "gray"),
    "failed": ("Failed", "error", "red"),
    "interrupted": ("Interrupted", "power_off", "orange"),
}


def badge(progress: Progress) -> str:
    """The state of a run as a coloured Markdown badge."""
    title, icon, colour = BADGES[progress.state]
    return f":{colour}-badge[:material/{icon}: {title}]"


def show(run: Run) -> None:
    """A run as a fragment, which is updated every 2 s until the run has ended."""
    ended = run.progress().ended
    st.fragment(_view, run_every=None if ended else REFRESH_SECONDS)(run, ended)


@frame.with_boundary
def _view(run: Run, ended: bool) -> None:
    """Heading, status, curves and sample predictions."""
    progress = run.progress()
    if progress.ended and not ended:
        st.rerun()
    rows = run.metrics()
    _heading(run, progress)
    with st.container(key="train-status"):
        if ended:
            _outcome(run, progress)
            if rows:
                _scores(run, rows, progress)
        else:
            st.progress(_fraction(progress), text=status_text(progress, run.stop_file.exists()))
        if progress.computing:
            st.caption(f"Computed {plain(progress.computing)}")
    if rows or not ended:
        with st.container(key="train-curves"):
            _curves(run, rows, progress, ended)
        _samples(run)
    if not ended:
        st.caption("The training continues if you leave this page or close the browser.")


def _curves(run: Run, rows: list[dict[str, Any]], progress: Progress, ended: bool) -> None:
    recipe = recipe_of(run.config.recipe)
    epochs = rows[-1]["epoch"] if ended else progress.epochs or progress.epoch
    columns = st.columns(len(recipe.panels), gap="medium")
    for column, panel in zip(columns, recipe.panels, strict=True):
        with column:
            st.markdown(f"**{panel.title}**")
            st.echarts_chart(
                curves.chart(rows, panel, epochs, majority=progress.majority_accuracy, zoom=ended),
                key=f"curves-{panel.title}-{run.id}",
                height=curves.HEIGHT,
                alt=curves.alt_text(rows, panel),
            )
    st.caption(recipe.curves_caption(bool(run.config.test)))


def _heading(run: Run, progress: Progress) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.config.model_name), anchor=False, width="content")
        st.markdown(badge(progress), width="content")
        st.space("stretch")
        if not progress.ended:
            st.button(
                "Stop",
                key="train-stop",
                icon=":material/stop:",
                on_click=frame.callback(jobs.stop),
                args=(run,),
                disabled=run.stop_file.exists(),
            )
        elif st.button("Delete", key="run-delete", type="tertiary", icon=":material/delete:"):
            dialogs.confirm_delete(
                f"Delete the training run {run.config.model_name}?",
                "This deletes its curves and sample predictions. Its model is kept.",
                lambda: _deleted(run),
                "The training run was deleted.",
            )
    st.caption(_facts(run))


def _deleted(run: Run) -> None:
    RunStore(Workspace(run.folder.parent.parent)).delete(run)
    session.choose("run", None)


def status_text(progress: Progress, stopping: bool = False) -> str:
    """The progress of a run in words."""
    if stopping:
        return "Stopping after this step; the current weights become a model …"
    if not progress.epoch:
        return f"{plain(progress.phase)} …"
    of = f" of {progress.epochs}" if progress.epochs is not None else ""
    parts = [f"Epoch {progress.epoch}{of}"]
    if progress.steps:
        parts.append(f"step {progress.step} of {progress.steps}")
    if progress.phase != "Training":
        parts = [plain(progress.phase)]
    elif progress.remaining_s is not None:
        parts.append(f"about {about(progress.remaining_s)} left")
    return ", ".join(parts)


def last_iou(run: Run, row: dict[str, Any]) -> str:
    """The IoU of an epoch with the data it was measured on, such as `test IoU 0.812`."""
    panels = recipe_of(run.config.recipe).panels
    curves_of_iou = [curve for panel in panels for curve in panel.curves if curve.measure == "IoU"]
    measured = [curve for curve in curves_of_iou if row.get(curve.key) is not None]
    if not measured:
        return f"IoU {score(None)}"
    curve = next((each for each in measured if each.part != "training"), measured[0])
    return f"{curve.part} IoU {score(row[curve.key])}"


def _fraction(progress: Progress) -> float:
    if not progress.epoch:
        return 0.0
    step = progress.step / progress.steps if progress.steps else 0.0
    if progress.epochs is None:
        return progress.share or 0.0
    return min(1.0, max(0.0, (progress.epoch - 1 + step) / progress.epochs))


def _outcome(run: Run, progress: Progress) -> None:
    if progress.state in ("failed", "interrupted"):
        show = st.error if progress.state == "failed" else st.warning
        message = progress.message or "The training ended without a message."
        advice = (
            "" if progress.state == "failed" else " No model was saved; start the training again."
        )
        show(plain(message) + advice, icon=f":material/{BADGES[progress.state][1]}:")
        if tail := run.log_tail(15):
            with st.expander("Last lines of the log", icon=":material/article:"):
                st.code("\n".join(tail), language=None, wrap_lines=True)
    elif progress.model_id:
        with st.container(horizontal=True):
            frame.link(
                "segment",
                "Segment images with this model",
                icon="background_replace",
                query={"model": progress.model_id},
            )
            frame.link(
                "models",
                "Model card",
                icon="deployed_code",
                query={"model": progress.model_id},
            )
    elif progress.message:
        st.info(plain(progress.message), icon=":material/info:")


def _scores(run: Run, rows: list[dict[str, Any]], progress: Progress) -> None:
    recipe, tested = recipe_of(run.config.recipe), bool(run.config.test)
    scores = recipe.scores(run.config.recipe, rows, tested, progress.majority_accuracy)
    with st.grid(max(1, len(scores)), min_column_width=150):
        for row in scores:
            st.metric(row.title, score(row.value), help=row.help, border=True)


def _samples(run: Run) -> None:
    samples = [sample for sample in run.samples() if sample.epochs]
    if not samples:
        return
    recipe = recipe_of(run.config.recipe)
    epochs = _spread(sorted(samples[0].epochs))
    part = recipe.samples_part(bool(run.config.test))
    st.markdown(f"**Sample predictions{f' on {part} images' if part else ''}**")
    titles = ["Image", recipe.samples.truth, *(f"Epoch {epoch}" for epoch in epochs)]
    rows = []
    for sample in samples:
        images = [sample.image, sample.truth]
        images += [sample.epochs[epoch] for epoch in epochs if epoch in sample.epochs]
        rows.append((sample.name, images))
    gallery.comparison(titles, rows, width=2 + PREDICTIONS)
    st.caption(recipe.samples.caption)


def _spread(epochs: list[int]) -> list[int]:
    """The first and the last epoch and some between them, denser among the first."""
    if len(epochs) <= PREDICTIONS:
        return epochs
    last = len(epochs) - 1
    return [epochs[round(last * (index / (PREDICTIONS - 1)) ** 2)] for index in range(PREDICTIONS)]


def _facts(run: Run) -> str:
    config, recipe = run.config, run.config.recipe
    parts = [
        plain(config.dataset_name),
        f"{count(len(config.train), 'training image')}, {count(len(config.test), 'test image')}",
        plain(recipe_of(recipe).summary(recipe, len(config.train))),
        moment(config.created),
    ]
    return " · ".join(parts)
