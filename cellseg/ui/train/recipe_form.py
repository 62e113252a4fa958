"""The form of a training: dataset, recipe, model name, and the fields of the recipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg import naming
from cellseg.datasets.store import Dataset
from cellseg.models.store import Model
from cellseg.network import encoder_weights
from cellseg.recipes import form as fields
from cellseg.recipes import registry
from cellseg.recipes.base import Recipe, RecipeSettings
from cellseg.recipes.form import Choice, Field, FormContext, Number, StartModel, Switch
from cellseg.training import jobs
from cellseg.ui.shell.formatting import about, count

COLUMNS = 4
"""Columns of the fields under `More settings`."""


@dataclass(frozen=True)
class Request:
    """A training as the user has set it up: dataset, settings, and name of the model."""

    dataset: Dataset
    settings: RecipeSettings
    model_name: str


def suggested_model_name(dataset: Dataset, taken: list[str]) -> str:
    """A free name for the model: that of the dataset, with a number if it is taken."""
    return naming.numbered(dataset.name, taken, longest=60)


def form(datasets: list[Dataset], initial: str | None, models: list[Model]) -> Request:
    """Widgets for the dataset, the recipe and the name of the model.

    Parameters
    ----------
    initial : id of the dataset that is selected at first; None selects the newest.
    models : all existing models.

    Raises
    ------
    CellsegError
        If a value does not fit the others.
    """
    first, second, third = st.columns(3, gap="small")
    with first:
        ids = [dataset.id for dataset in datasets]
        dataset = st.selectbox(
            "Dataset",
            datasets,
            index=ids.index(initial) if initial in ids else 0,
            format_func=lambda dataset: dataset.name,
            key="train-dataset",
            help="The images and masks to train on; some of them are used for testing only.",
        )
    with second, st.container(key="train-recipe"):
        recipe = _recipe(dataset)
    with third:
        suggested = suggested_model_name(dataset, [model.name for model in models])
        model_name = st.text_input(
            "Model name",
            value=suggested,
            key=f"train-name-{suggested}",
            max_chars=60,
            help="The pages Segment and Models list the model under this name.",
        )
    with st.container(key=f"train-settings-{recipe.name}"):
        settings = _settings(recipe, dataset, models)
    return Request(dataset, settings, model_name)


def _recipe(dataset: Dataset) -> Recipe:
    names = registry.recipe_names()
    default = registry.default_recipe(dataset.kind, dataset.sample)
    name = st.selectbox(
        "Recipe",
        names,
        index=names.index(default.name),
        format_func=lambda key: registry.get_recipe(key).title,
        key=f"train-recipe-{dataset.id}",
        help=". ".join(registry.get_recipe(key).help for key in names) + ".",
    )
    return registry.get_recipe(name)


def _settings(recipe: Recipe, dataset: Dataset, models: list[Model]) -> RecipeSettings:
    """The usual fields in a row, the others in an expander below it."""
    starts = jobs.start_models(models, recipe)
    context = FormContext(
        kind=dataset.kind,
        train_images=len(dataset.split.train),
        encoder_weights=jobs.default_encoder_weights(dataset),
        start_models=tuple(StartModel(model.id, model.name) for model in starts),
    )
    prefix = f"train-{recipe.name}-{dataset.id}"
    values: dict[str, Any] = {}
    primary = fields.primary_fields(recipe.fields)
    for column, field in zip(_columns(len(primary)), primary, strict=True):
        values[field.path] = _widget(column, field, context, values, prefix)
    if advanced := fields.advanced_fields(recipe.fields):
        with st.expander("More settings", icon=":material/tune:"):
            columns = _columns(COLUMNS)
            for field in advanced:
                column = columns[field.column % COLUMNS]
                values[field.path] = _widget(column, field, context, values, prefix)
    settings = recipe.from_form(values, context)
    start = next((model for model in starts if model.id == values.get("start")), None)
    return jobs.fine_tuned(settings, start) if start is not None else settings


def _columns(number: int) -> Sequence[DeltaGenerator]:
    return st.columns(max(1, number), gap="small")[:number]


def _widget(
    column: DeltaGenerator, field: Field, context: FormContext, values: dict[str, Any], prefix: str
) -> Any:
    """Show a field as a widget; return its value."""
    default = field.default_for(context)
    common: dict[str, Any] = {
        "key": f"{prefix}-{field.path.replace('.', '-').replace('_', '-')}",
        "help": field.help,
        "disabled": not field.enabled(values),
    }
    if isinstance(field, Switch):
        return column.toggle(field.label, bool(default), **common)
    if isinstance(field, Choice):
        options = field.options_for(context)
        values_of = list(options)
        return column.selectbox(
            field.label,
            values_of,
            index=values_of.index(default),
            format_func=lambda key: options[key],
            **common,
        )
    assert isinstance(field, Number)
    value = column.number_input(
        field.label,
        field.low,
        field.high,
        default,
        step=field.step,
        format="%g" if isinstance(field.low, float) else None,
        placeholder=field.placeholder,
        **common,
    )
    return value / 100 if field.percent and value is not None else value


def start_button(request: Request, seconds: float) -> bool:
    """The start button with the estimated duration; whether it was pressed."""
    split = request.dataset.split
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start training", key="train-start", type="primary", icon=":material/play_arrow:"
        )
        st.markdown(
            f"Takes about **{about(seconds)}** on this machine: "
            f"{count(len(split.train), 'training image')}, {count(len(split.test), 'test image')}.",
            width="content",
        )
    if note := weights_note(request):
        st.caption(note)
    return pressed


def weights_note(request: Request) -> str:
    """One sentence about the initial weights; empty if there is nothing to say."""
    settings, dataset = request.settings, request.dataset
    if settings.start:
        return "The training starts from the weights of the selected model."
    encoder = settings.encoder_settings
    if encoder is None:
        return ""
    if encoder.randomly_initialized:
        if jobs.default_encoder_weights(dataset) == "none":
            return (
                "The ImageNet weights are not on this machine, so the encoder starts from random "
                "weights for this sample."
            )
        return "The encoder starts from random weights and needs more epochs."
    if encoder_weights.available(encoder, settings.encoder_size):
        return "The ImageNet weights are available on this machine."
    return "The ImageNet weights (about 10 MB) are downloaded once when the training starts."
