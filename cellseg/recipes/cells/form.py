"""Form fields of the recipe `cells`."""

from collections.abc import Mapping

from cellseg.recipes.cells.settings import CellsNetwork, CellsTraining
from cellseg.recipes.form import (
    Choice,
    Field,
    FormContext,
    Number,
    Switch,
    Values,
    encoder_field,
    seed_field,
)

DECODERS = {
    (192, 96, 64, 48): "standard: 192 to 48",
    (96, 48, 32, 24): "narrow: 96 to 24",
    (384, 192, 128, 96): "wide: 384 to 96",
}
"""Labels of the decoder filters."""

PATCH_SIDES = (None, 128, 192, 256, 320, 384, 512)
TRAINING, NETWORK = CellsTraining(), CellsNetwork()


def _start_models(context: FormContext) -> Mapping[str | None, str]:
    return {None: "none"} | dict(context.start_models)


def _from_scratch(values: Values) -> bool:
    return not values.get("start")


def _encoder_frozen(values: Values) -> bool:
    return bool(values.get("network.freeze_encoder"))


def _encoder_trains(values: Values) -> bool:
    return not _encoder_frozen(values)


def _batch_norms_train(values: Values) -> bool:
    return _encoder_trains(values) and not values.get("network.freeze_norms")


FIELDS: tuple[Field, ...] = (
    Number(
        "training.minutes",
        "Minutes",
        "How long the network trains; the learning rate falls towards the end.",
        default=TRAINING.minutes,
        primary=True,
        low=0.1,
        high=10_000.0,
        step=1.0,
    ),
    Number(
        "training.epochs",
        "Epochs",
        f"Number of epochs; replaces the training time. An epoch has {TRAINING.steps} steps and "
        "ends with a validation.",
        primary=True,
        low=1,
        high=10_000,
        placeholder="set by minutes",
    ),
    Choice(
        "start",
        "Fine-tune from",
        "A model trained on similar cells needs fewer images and minutes.",
        primary=True,
        options=_start_models,
    ),
    Choice(
        "training.target",
        "Target",
        "Instances: each cell is a separate object, also where cells touch. Semantic: cell or "
        "background for each pixel.",
        default=lambda context: "instances" if context.kind == "labels" else "semantic",
        primary=True,
        options={"instances": "instances (each cell)", "semantic": "semantic (cell or background)"},
    ),
    encoder_field(enabled=_from_scratch),
    Switch(
        "network.freeze_encoder",
        "Freeze encoder",
        "Only the decoder trains: faster and less accurate.",
        default=NETWORK.freeze_encoder,
    ),
    Number(
        "network.thaw_after",
        "Unfreeze after, %",
        "Percentage of the training after which the encoder is trained too. Useful with few "
        "images.",
        low=1,
        high=99,
        placeholder="never",
        percent=True,
        enabled=_encoder_frozen,
    ),
    Switch(
        "network.freeze_norms",
        "Freeze batch norm",
        "Keeps the statistics of the pre-trained encoder: faster, and robust for mixed images.",
        default=NETWORK.freeze_norms,
        enabled=_encoder_trains,
    ),
    Number(
        "training.learning_rate",
        "Learning rate",
        "The largest step size of the optimizer; lower it if the loss curve is unstable.",
        default=TRAINING.learning_rate,
        column=1,
        low=1e-6,
        high=1.0,
        step=1e-4,
    ),
    Number(
        "training.patience",
        "Patience, epochs",
        "Early stopping: epochs without a better validation score after which the training ends.",
        column=1,
        low=1,
        high=10_000,
        placeholder="off",
    ),
    Number(
        "network.batch_norm_momentum",
        "Batch norm momentum",
        "How slowly the statistics of the encoder change; raise it for small batches.",
        default=NETWORK.batch_norm_momentum,
        column=1,
        low=0.0,
        high=0.999,
        step=0.05,
        enabled=_batch_norms_train,
    ),
    Choice(
        "training.crop",
        "Patch size",
        "Side in pixels of the patches that are cut from the images; automatic: about three cells. "
        "Many small patches train better than a few large ones.",
        column=2,
        options={side: f"{side}" if side else "automatic" for side in PATCH_SIDES},
    ),
    Number(
        "training.batch_size",
        "Batch size",
        "Patches in one training step.",
        default=TRAINING.batch_size,
        column=2,
        low=1,
        high=256,
    ),
    Number(
        "training.elastic",
        "Elastic deformation, %",
        "Percentage of patches that are deformed: augmentation with more cell shapes.",
        default=round(100 * TRAINING.elastic),
        column=2,
        low=0,
        high=100,
        percent=True,
    ),
    Choice(
        "network.decoder_filters",
        "Decoder width",
        "Filters of the decoder. Narrow is faster; wide may be more accurate on large datasets.",
        default=NETWORK.decoder_filters,
        column=2,
        options=DECODERS,
        enabled=_from_scratch,
    ),
    Choice(
        "training.precision",
        "Precision",
        "bfloat16 is faster on processors that support it, and as accurate.",
        default=TRAINING.precision,
        column=3,
        options={"auto": "automatic", "float32": "float32", "bfloat16": "bfloat16"},
    ),
    seed_field(TRAINING.seed, column=3),
)
