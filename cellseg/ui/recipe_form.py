"""The settings of a training as widgets, with defaults that work."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg.config import NetworkSettings, Preprocessing, Recipe, TrainingSettings, checked
from cellseg.datasets.store import Dataset
from cellseg.models.store import Model
from cellseg.network import encoder_weights
from cellseg.recipes import CellsRecipe
from cellseg.training import jobs
from cellseg.ui import cells_form
from cellseg.ui.words import about, count

RECIPES = {"cells": "Cells: finds each cell", "seed": "Seed: cell or background"}
ENCODERS = {"imagenet": "from ImageNet", "none": "from nothing"}
IMAGE_SIZES = (96, 128, 160, 192, 224, 256, 384, 512)


@dataclass(frozen=True)
class Wish:
    """What the user asks for: learn from a dataset by a recipe, and call the model so."""

    dataset: Dataset
    recipe: Recipe | CellsRecipe
    model_name: str


def free_name(dataset: Dataset, taken: list[str]) -> str:
    """A name for the model: the dataset's, with a number where that is taken."""
    used = {name.casefold() for name in taken}
    name, number = dataset.name, 1
    while name.casefold() in used:
        number += 1
        name = f"{dataset.name[:55].rstrip()} {number}"
    return name


def form(datasets: list[Dataset], wished: str | None, models: list[Model]) -> Wish:
    """Widgets for the dataset, the recipe and the name of the model.

    Parameters
    ----------
    wished : id of the dataset that is chosen at first, or None for the newest.
    models : all that exist.

    Raises
    ------
    CellsegError
        Where a value does not fit.
    """
    first, second, third = st.columns(3, gap="small")
    with first:
        ids = [dataset.id for dataset in datasets]
        dataset = st.selectbox(
            "Dataset",
            datasets,
            index=ids.index(wished) if wished in ids else 0,
            format_func=lambda dataset: dataset.name,
            key="train-dataset",
            help="The images and masks to learn from; some of them are kept to test.",
        )
    with second, st.container(key="train-recipe"):
        name = st.selectbox(
            "Recipe",
            list(RECIPES),
            index=list(RECIPES).index(jobs.default_recipe(dataset)),
            format_func=lambda key: RECIPES[key],
            key=f"train-recipe-{dataset.id}",
            help="Cells finds each cell at full resolution, also where cells touch. Seed is a "
            "small U-Net for images of 128 pixels that learns in minutes.",
        )
    with third:
        suggested = free_name(dataset, [model.name for model in models])
        model_name = st.text_input(
            "Name of the model",
            value=suggested,
            key=f"train-name-{suggested}",
            max_chars=60,
            help="Under this name you find it again on the pages Segment and Models.",
        )
    with st.container(key=f"train-settings-{name}"):
        recipe = (
            cells_form.recipe(dataset, models, ENCODERS)
            if name == "cells"
            else _recipe(name, dataset)
        )
    return Wish(dataset, recipe, model_name)


def _recipe(name: str, dataset: Dataset) -> Recipe:
    """Widgets for what is usually changed in a row, and for the rest below it."""
    first, second, third, fourth = st.columns(4, gap="small")
    training = _training(first, second, third, dataset)
    with fourth:
        encoder = st.selectbox(
            "Encoder starts",
            list(ENCODERS),
            index=list(ENCODERS).index(jobs.default_encoder(dataset)),
            format_func=lambda key: ENCODERS[key],
            key=f"train-encoder-{dataset.id}",
            help="From weights learned on everyday pictures, which needs few images, or from "
            "nothing.",
        )
    with st.expander("More settings", icon=":material/tune:"):
        image_size, seed = _more()
    return checked(
        Recipe,
        name=name,
        preprocessing=checked(Preprocessing, image_size=image_size),
        network=checked(NetworkSettings, encoder_weights=encoder),
        training=checked(TrainingSettings, **training, seed=seed),
    )


def _training(
    first: DeltaGenerator, second: DeltaGenerator, third: DeltaGenerator, dataset: Dataset
) -> dict[str, Any]:
    default = TrainingSettings()
    batch_size = default.batch_size_for(len(dataset.split.train))
    return {
        "epochs": first.number_input(
            "Epochs",
            1,
            10_000,
            default.epochs,
            key="train-epochs",
            help="How often the network sees every training image; more takes longer.",
        ),
        "learning_rate": second.number_input(
            "Learning rate",
            1e-6,
            1.0,
            default.learning_rate,
            step=1e-4,
            format="%g",
            key="train-learning-rate",
            help="The size of a learning step; lower it if the curves jump.",
        ),
        "batch_size": third.number_input(
            "Batch size",
            1,
            256,
            batch_size,
            key=f"train-batch-size-{batch_size}",
            help="Images looked at before each learning step; more needs more memory.",
        ),
    }


def _more() -> tuple[int, int]:
    """Image size and seed."""
    first, second, _ = st.columns(3, gap="small")
    with first:
        image_size = st.selectbox(
            "Image size",
            IMAGE_SIZES,
            index=IMAGE_SIZES.index(Preprocessing().image_size),
            key="train-image-size",
            help="Pixels; images are resized to such a square. Larger shows finer structures.",
        )
    with second:
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            TrainingSettings().seed,
            key="train-seed",
            help="Decides all chance; another number shows how much luck is in the result.",
        )
    return image_size, seed


def start_button(wish: Wish, seconds: float) -> bool:
    """The button, beside it how long it will take; true where it was pressed."""
    split = wish.dataset.split
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Start training", key="train-start", type="primary", icon=":material/play_arrow:"
        )
        st.markdown(
            f"Takes about **{about(seconds)}** here: {count(len(split.train), 'image')} to learn "
            f"from, {len(split.test)} kept to test.",
            width="content",
        )
    st.caption(encoder_note(wish))
    return pressed


def encoder_note(wish: Wish) -> str:
    """One sentence on where the encoder's weights come from."""
    recipe, dataset = wish.recipe, wish.dataset
    if isinstance(recipe, CellsRecipe) and recipe.start:
        return "The network goes on from the weights of that model."
    if recipe.network.starts_random:
        if jobs.default_encoder(dataset) == "none":
            return (
                "The ImageNet weights are not on this machine, so the sample trains its encoder "
                "from scratch."
            )
        return "The encoder learns from your images alone, which takes more epochs."
    if _at_hand(recipe):
        return "The ImageNet weights are on this machine."
    return "The ImageNet weights, about 10 MB, are downloaded once when the training starts."


def _at_hand(recipe: Recipe | CellsRecipe) -> bool:
    return encoder_weights.available(recipe.network, recipe.encoder_size)
