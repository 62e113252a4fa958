"""The settings of a training by the recipe `cells` as widgets, with defaults that work."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cellseg.config import checked
from cellseg.datasets.store import Dataset
from cellseg.models.store import Model
from cellseg.recipes import CellsNetwork, CellsRecipe, CellsTraining
from cellseg.training import jobs

NOTHING = "the encoder alone"
TARGETS = {"instances": "each cell", "semantic": "cell or not"}
DECODERS = {
    (192, 96, 64, 48): "standard, 192 to 48",
    (96, 48, 32, 24): "narrow, 96 to 24",
    (384, 192, 128, 96): "wide, 384 to 96",
}
CROPS = (None, 128, 192, 256, 320, 384, 512)
PRECISIONS = {"auto": "as this machine likes", "float32": "float32", "bfloat16": "bfloat16"}


def recipe(dataset: Dataset, models: Sequence[Model], encoders: Mapping[str, str]) -> CellsRecipe:
    """Widgets for what is usually changed in a row, and for the rest folded below it.

    Parameters
    ----------
    models : all that exist; those of this recipe can be gone on from.
    encoders : where the encoder may start, in words.

    Raises
    ------
    CellsegError
        Where a value does not fit.
    """
    default = CellsTraining()
    first, second, third, fourth = st.columns(4, gap="small")
    minutes = first.number_input(
        "Minutes",
        0.1,
        10_000.0,
        default.minutes,
        step=1.0,
        format="%g",
        key="train-minutes",
        help="How long the network learns; the steps get finer towards the end.",
    )
    epochs = second.container(key="train-epochs").number_input(
        "Epochs",
        1,
        10_000,
        None,
        key="train-cells-epochs",
        placeholder="by minutes",
        help=f"Instead of minutes: rounds of {default.steps} steps, each ending with a score.",
    )
    origins = [model for model in models if isinstance(model.recipe, CellsRecipe)]
    start = third.selectbox(
        "Start from",
        [None, *origins],
        format_func=lambda model: model.name if model else NOTHING,
        key=f"train-from-{len(origins)}",
        help="A model that knows similar cells needs fewer images and minutes.",
    )
    targets = list(TARGETS)
    target = fourth.selectbox(
        "Find",
        targets,
        index=0 if dataset.kind == "labels" else 1,
        format_func=lambda key: TARGETS[key],
        key=f"train-target-{dataset.id}",
        help="Each cell by itself, also where cells touch; or only which pixels are cell.",
    )
    with st.expander("More settings", icon=":material/tune:"):
        network, training = _more(dataset, default, encoders, start is not None)
    length = {"epochs": epochs} if epochs else {"minutes": minutes}
    wanted = checked(
        CellsRecipe,
        network=checked(CellsNetwork, **network),
        training=checked(CellsTraining, **training, **length, target=target),
    )
    return jobs.going_on(wanted, start) if start is not None else wanted


def _more(
    dataset: Dataset, default: CellsTraining, encoders: Mapping[str, str], goes_on: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second, third, fourth = st.columns(4, gap="small")
    encoder = first.selectbox(
        "Encoder starts",
        list(encoders),
        index=list(encoders).index(jobs.default_encoder(dataset)),
        format_func=lambda key: encoders[key],
        key=f"train-encoder-{dataset.id}",
        disabled=goes_on,
        help="From weights learned on everyday pictures, which needs few images, or from nothing.",
    )
    freeze = first.toggle(
        "Freeze the encoder",
        key="train-freeze",
        help="Only the decoder learns: faster, and less exact.",
    )
    thaw = first.number_input(
        "Thaw it after, %",
        1,
        99,
        None,
        key="train-thaw",
        placeholder="never",
        disabled=not freeze,
        help="Of the training; then the encoder learns too. Gentle with few images.",
    )
    freeze_norms = first.toggle(
        "Freeze its batch norms",
        CellsNetwork().freeze_norms,
        key="train-freeze-norms",
        disabled=freeze,
        help="Each step is faster, and images of one kind do not sway those of another.",
    )
    rate = second.number_input(
        "Learning rate",
        1e-6,
        1.0,
        default.learning_rate,
        step=1e-4,
        format="%g",
        key="train-learning-rate",
        help="The largest step; lower it if the curves jump.",
    )
    patience = second.number_input(
        "Patience, epochs",
        1,
        10_000,
        None,
        key="train-patience",
        placeholder="never stop early",
        help="Stop after so many epochs without a better validation score.",
    )
    crop = third.selectbox(
        "Size of the squares",
        CROPS,
        index=CROPS.index(default.crop),
        format_func=lambda side: f"{side}" if side else "about three cells",
        key="train-crop",
        help="Pixels; squares of this size are cut from the images. More is learned from many "
        "small ones than from a few large ones.",
    )
    batch_size = third.number_input(
        "Batch size",
        1,
        256,
        default.batch_size,
        key="train-cells-batch-size",
        help="Squares looked at before each learning step.",
    )
    elastic = third.number_input(
        "Bent squares, %",
        0,
        100,
        round(100 * default.elastic),
        key="train-elastic",
        help="Squares that are bent like rubber: more shapes from few images.",
    )
    decoder = third.selectbox(
        "Width of the decoder",
        list(DECODERS),
        format_func=lambda filters: DECODERS[filters],
        key="train-decoder",
        disabled=goes_on,
        help="Narrow is faster; wide may tell more in large sets of images.",
    )
    momentum = second.number_input(
        "Batch norm momentum",
        0.0,
        0.999,
        CellsNetwork().batch_norm_momentum,
        step=0.05,
        format="%g",
        key="train-batch-norm",
        disabled=freeze or freeze_norms,
        help="How slowly the encoder's statistics follow the images; more for small batches.",
    )
    precision = fourth.selectbox(
        "Arithmetic",
        list(PRECISIONS),
        format_func=lambda key: PRECISIONS[key],
        key="train-precision",
        help="bfloat16 is faster on some processors and as good.",
    )
    seed = fourth.number_input(
        "Seed",
        0,
        2**31 - 1,
        default.seed,
        key="train-seed",
        help="Decides all chance; another number shows how much luck is in the result.",
    )
    network = {
        "encoder_weights": encoder,
        "freeze_encoder": freeze,
        "thaw_after": thaw / 100 if freeze and thaw else None,
        "freeze_norms": freeze_norms,
        "decoder_filters": decoder,
        "batch_norm_momentum": momentum,
    }
    training = {
        "learning_rate": rate,
        "patience": patience,
        "crop": crop,
        "batch_size": batch_size,
        "elastic": elastic / 100,
        "precision": precision,
        "seed": seed,
    }
    return network, training
