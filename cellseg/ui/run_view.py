"""A training run on the page: live while it trains, to look back at when it has ended."""

from typing import Any

import streamlit as st

from cellseg.config import Recipe, TrainingSettings
from cellseg.recipes import CellsRecipe, CellsTraining
from cellseg.training import jobs
from cellseg.training.runs import Progress, Run, RunStore
from cellseg.ui import charts, dialogs, gallery, shell, state
from cellseg.ui.words import about, count, moment, plain, score
from cellseg.workspace import Workspace

EVERY = 2.0
"""Seconds between two looks at a run that trains."""

LOOKS = 4
"""Predictions shown of a sample: evenly spread over the epochs so far."""

BADGES: dict[str, tuple[str, str, str]] = {
    "starting": ("Starting", "schedule", "blue"),
    "running": ("Training", "model_training", "blue"),
    "finished": ("Finished", "check_circle", "green"),
    "stopped": ("Stopped", "stop_circle", "gray"),
    "failed": ("Failed", "error", "red"),
    "interrupted": ("Interrupted", "power_off", "orange"),
}


def badge(progress: Progress) -> str:
    """The state as a coloured Markdown badge."""
    title, icon, colour = BADGES[progress.state]
    return f":{colour}-badge[:material/{icon}: {title}]"


def show(run: Run) -> None:
    """Everything of a run; a fragment looks again every 2 s until the run has ended."""
    ended = run.progress().ended
    st.fragment(_view, run_every=None if ended else EVERY)(run, ended)


@shell.guarded
def _view(run: Run, ended: bool) -> None:
    """Heading, status, curves and samples: in the same places while it trains and afterwards."""
    progress = run.progress()
    if progress.ended and not ended:
        st.rerun()
    rows = run.metrics()
    _heading(run, progress)
    with st.container(key="train-status"):
        if ended:
            _outcome(run, progress)
            if rows:
                _scores(run, rows[-1], progress)
        else:
            st.progress(_fraction(progress), text=said(progress, run.stop_file.exists()))
        if progress.computing:
            st.caption(f"Computed {plain(progress.computing)}")
    if rows or not ended:
        with st.container(key="train-curves"):
            _curves(run, rows, progress, ended)
        _samples(run)
    if not ended:
        st.caption("The training goes on if you leave this page or close the browser.")


def _curves(run: Run, rows: list[dict[str, Any]], progress: Progress, ended: bool) -> None:
    cells = isinstance(run.config.recipe, CellsRecipe)
    scores = (
        ("AP, count error, IoU and Dice", charts.CELLS)
        if cells
        else ("Accuracy, IoU and Dice", charts.SCORES)
    )
    sides = (("Loss", charts.LOSS), scores)
    for column, (title, measures) in zip(st.columns(2, gap="medium"), sides, strict=True):
        with column:
            st.markdown(f"**{title}**")
            alt = charts.described(rows, measures)
            if ended:
                majority = progress.majority_accuracy if measures is charts.SCORES else None
                st.plotly_chart(
                    charts.ended(rows, measures, majority),
                    key=f"past-{title}-{run.id}",
                    config={"displaylogo": False, "modeBarButtonsToRemove": ["select", "lasso"]},
                    alt=alt,
                )
            else:
                st.echarts_chart(
                    charts.live(rows, measures, progress.epochs or progress.epoch),
                    key=f"curve-{title}-{run.id}",
                    height=charts.HEIGHT,
                    alt=alt,
                )
    if cells:
        st.caption(
            "The scores are those of training images that are kept to choose the best weights by. "
            "The test images are scored once, at the end."
        )
    elif run.config.test:
        st.caption("Solid: test images, never used to learn. Dashed: training images.")
    else:
        st.caption("All images train in this run, so there are no test curves.")


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
                on_click=shell.callback(jobs.stop),
                args=(run,),
                disabled=run.stop_file.exists(),
            )
        elif st.button("Delete", key="run-delete", type="tertiary", icon=":material/delete:"):
            dialogs.confirm_delete(
                f"Delete the training run {run.config.model_name}?",
                "Its curves and pictures will be gone; a model that it made stays.",
                lambda: _deleted(run),
                "The training run was deleted.",
            )
    st.caption(_facts(run))


def _deleted(run: Run) -> None:
    RunStore(Workspace(run.folder.parent.parent)).delete(run)
    state.choose("run", None)


def said(progress: Progress, stopping: bool = False) -> str:
    """The status line of a run that trains."""
    if stopping:
        return "Stopping after this step; what was learned becomes a model …"
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
        message = progress.message or "The training ended without a word."
        advice = "" if progress.state == "failed" else " Nothing was published; start it again."
        show(plain(message) + advice, icon=f":material/{BADGES[progress.state][1]}:")
        if tail := run.log_tail(15):
            with st.expander("The last lines of the log", icon=":material/article:"):
                st.code("\n".join(tail), language=None, wrap_lines=True)
    elif progress.model_id:
        with st.container(horizontal=True):
            shell.link(
                "segment",
                "Segment images with it",
                icon="background_replace",
                query={"model": progress.model_id},
            )
            shell.link(
                "models", "Its card", icon="deployed_code", query={"model": progress.model_id}
            )
    elif progress.message:
        st.info(plain(progress.message), icon=":material/info:")


def _scores(run: Run, last: dict[str, Any], progress: Progress) -> None:
    if isinstance(run.config.recipe, CellsRecipe):
        _cell_scores(run)
        return
    part, prefix = ("test", "val_") if run.config.test else ("training", "")
    tiles = [
        ("Accuracy", "pixel_accuracy", "Pixels that are right, cells and background alike."),
        ("IoU", "iou", "Overlap of found and true cell pixels; 1 is perfect."),
        ("Dice", "dice", "A kinder relative of IoU: twice the overlap over both areas."),
    ]
    side = run.config.recipe.preprocessing.image_size
    seen = f"At {side} × {side} pixels; the model's card has the scores at the size of the images."
    with st.grid(4, min_column_width=150):
        for title, key, meaning in tiles:
            st.metric(
                f"{title}, {part}",
                score(last.get(prefix + key)),
                help=f"{meaning} {seen}",
                border=True,
            )
        st.metric(
            "Accuracy to beat",
            score(progress.majority_accuracy),
            help="What calling every pixel the commoner class would score.",
            border=True,
        )


def _cell_scores(run: Run) -> None:
    """The scores of the epoch whose weights were kept: the best one by AP, else by IoU."""
    rows = run.metrics()
    chosen = "val_ap" if any(row.get("val_ap") for row in rows) else "val_iou"
    best = max(rows, key=lambda row: row.get(chosen) or 0.0)
    tiles = [
        ("AP", "val_ap", "Cells found, as a share of all cells found, missed or false."),
        ("Count error", "val_count_error", "By how much the count is off in the median image."),
        ("IoU", "val_iou", "Overlap of found and true cell pixels; 1 is perfect."),
        ("Dice", "val_dice", "A kinder relative of IoU: twice the overlap over both areas."),
    ]
    with st.grid(4, min_column_width=150):
        for title, key, help_text in tiles:
            st.metric(f"{title}, validation", score(best.get(key)), help=help_text, border=True)


def _samples(run: Run) -> None:
    samples = [sample for sample in run.samples() if sample.epochs]
    if not samples:
        return
    epochs = _spread(sorted(samples[0].epochs))
    cells = isinstance(run.config.recipe, CellsRecipe)
    kind = "" if cells else "test " if run.config.test else "training "
    st.markdown(f"**The same {kind}images after some epochs**")
    truth = "True cells" if cells else "True mask"
    titles = ["Image", truth, *(f"Epoch {epoch}" for epoch in epochs)]
    rows = []
    for sample in samples:
        pictures = [sample.image, sample.truth]
        pictures += [sample.epochs[epoch] for epoch in epochs if epoch in sample.epochs]
        rows.append((sample.name, pictures))
    gallery.comparison(titles, rows, width=2 + LOOKS)
    st.caption(
        "Each outline is a cell that the network finds; colours only tell neighbours apart."
        if cells
        else "White is where the network sees cells, black is background, grey is doubt."
    )


def _spread(epochs: list[int]) -> list[int]:
    """The first and the last epoch and some between them."""
    if len(epochs) <= LOOKS:
        return epochs
    last = len(epochs) - 1
    return [epochs[round(last * (look / (LOOKS - 1)) ** 2)] for look in range(LOOKS)]


def _facts(run: Run) -> str:
    config, recipe = run.config, run.config.recipe
    parts = [
        plain(config.dataset_name),
        f"{count(len(config.train), 'image')} to train, {len(config.test)} to test",
        settings(recipe, len(config.train)),
        moment(config.created),
    ]
    return " · ".join(parts)


def settings(recipe: Recipe | CellsRecipe, images: int) -> str:
    """The settings of a run in a few words."""
    training, weights = recipe.training, recipe.network.encoder_weights
    encoder = {"imagenet": "ImageNet encoder", "none": "encoder from scratch"}
    start = encoder.get(weights, "own encoder file")
    if isinstance(recipe, CellsRecipe):
        start = f"from the model {plain(recipe.start)}" if recipe.start else start
    batch = (
        training.batch_size_for(images)
        if isinstance(training, TrainingSettings)
        else training.batch_size
    )
    length = (
        f"{training.minutes:g} minute{'' if training.minutes == 1 else 's'}"
        if isinstance(training, CellsTraining) and training.epochs is None
        else count(training.epochs or 0, "epoch")
    )
    return f"{length}, learning rate {training.learning_rate:g}, batch size {batch}, {start}"
