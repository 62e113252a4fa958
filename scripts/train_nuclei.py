"""Train the shipped model `nuclei`: `python -m scripts.train_nuclei DATA [--minutes M]`.

DATA is the folder dsb2018 with `images/` and `masks/`: BBBC038v1, the 2018 Data Science Bowl,
stage 1 (Caicedo et al. 2019, doi:10.1038/s41592-019-0612-7; CC0) with corrected annotations. The
recipe is `cells`, as in `python -m cellseg train`; a fifth of the images test. The model is written
to `cellseg/models/shipped/nuclei`.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from cellseg.analysis.evaluation import evaluate
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake import folders
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.image_statistics import IMAGE_KINDS, compute_statistics, image_kind
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.preprocessing import scale_intensities
from cellseg.methods.cells.targets import distance_map
from cellseg.methods.cells.tuning import tune_instance_settings
from cellseg.models.card import card_text
from cellseg.models.facts import ModelFacts
from cellseg.models.half_precision import save_half_precision
from cellseg.models.packing import CARD, SETTINGS, WEIGHTS
from cellseg.models.store import Model, ModelStore
from cellseg.recipes.base import RecipeSettings
from cellseg.recipes.cells.facts import SECOND_PASS, SECOND_PASS_BELOW, InstanceSettings
from cellseg.recipes.cells.settings import CellsPreprocessing, CellsSettings, CellsTraining
from cellseg.segmentation import predictor
from cellseg.training import jobs
from cellseg.training.following import follow
from cellseg.workspace import Workspace, write_bytes, write_json

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "cellseg" / "models" / "shipped" / "nuclei"
STEPS = 300
"""Steps of an epoch."""

ABOUT = """Finds nuclei in microscope images: fluorescence, brightfield, and tissue stained with \
H&E or purple dyes.

- Data: {images} images of BBBC038v1 (2018 Data Science Bowl, stage 1), CC0, with corrected \
annotations; {train} trained, {test} test.
- Made by: {made}.
- Not for: whole cells, bacteria, electron microscopy, diagnosis of patients. Look at the masks of \
your own images before you trust a count.
- Licence: that of cellseg (BSD-3-Clause).

| test images | images | AP at 0.5 | AP at 0.75 | Dice |
|---|---|---|---|---|
{rows}"""


def main() -> None:
    """Train or take a trained model, tune and score it, and write it in half precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--home", type=Path, default=ROOT / "nuclei-workspace")
    parser.add_argument(
        "--name", default="nuclei in training", help="of the model in the workspace"
    )
    parser.add_argument("--start", help="model in the workspace to fine-tune")
    parser.add_argument("--trained", help="trained model in the workspace")
    parser.add_argument(
        "--again", action="store_true", help="tune and score the shipped model again"
    )
    options = parser.parse_args()
    workspace = Workspace(options.home)
    dataset = folders.import_folder(workspace, options.data)
    if options.again:
        facts = ModelFacts.model_validate_json((SHIPPED / SETTINGS).read_bytes())
        ship(Model(SHIPPED, facts), dataset, _stored_commands(facts))
        return
    store = ModelStore(workspace)
    name = options.trained
    if name is None:
        settings: RecipeSettings = CellsSettings(
            training=CellsTraining(minutes=options.minutes, steps=STEPS)
        )
        if options.start:
            settings = jobs.fine_tuned(settings, store.get(options.start))
        name = follow(jobs.start(workspace, dataset, settings, options.name), print)
    if name is not None:
        model = store.get(name)
        made = _commands(model, store)
        if options.trained:
            made = f"{made}, then `python -m scripts.train_nuclei DATA --trained {name}`"
        ship(model, dataset, made)


def _commands(model: Model, store: ModelStore) -> str:
    """Commands that produced a model, in their order."""
    if model.folder == SHIPPED:
        return _stored_commands(model.facts)
    settings = model.recipe
    assert isinstance(settings, CellsSettings)
    minutes = f"{settings.training.minutes:g}"
    command = f"`python -m scripts.train_nuclei DATA --minutes {minutes}"
    if settings.start is None and settings.training.steps == STEPS:
        return f"{command}`"
    if settings.start is None:
        return f"`python -m cellseg train --recipe cells --minutes {minutes} --name {model.id}`"
    before = _commands(store.get(settings.start), store)
    return f"{before}, then {command} --start {settings.start} --name '{model.name}'`"


def _stored_commands(facts: ModelFacts) -> str:
    """Commands that produced the shipped model, from its card."""
    return facts.about.partition("- Made by: ")[2].partition(".\n")[0]


def ship(model: Model, dataset: Dataset, made: str) -> None:
    """Write a model to the project, with its scores in half precision."""
    SHIPPED.mkdir(parents=True, exist_ok=True)
    if model.folder != SHIPPED:
        save_half_precision(model.weights, SHIPPED / WEIGHTS)
    test = model.facts.test
    kinds = {name: image_kind(_annotated_image(dataset, name)) for name in test}
    network = predictor.load_predictor(Model(SHIPPED, model.facts))
    assert isinstance(network, CellsPredictor)
    validation_images = [
        _annotated_image(dataset, name) for name in network.facts.validation_images
    ]
    min_area = network.facts.instances.min_area
    initial = InstanceSettings(
        min_area=min_area, second_pass=SECOND_PASS, second_pass_below=SECOND_PASS_BELOW
    )
    network = network.with_facts(network.facts.model_copy(update={"instances": initial}))
    tuned = tune_instance_settings(network, validation_images, lambda: False)
    train_images = [_annotated_image(dataset, name) for name in model.facts.train]
    training_facts = network.facts.model_copy(
        update={"instances": tuned, "image_statistics": compute_statistics(train_images)}
    )
    network = network.with_facts(training_facts)
    rows = []
    for kind in (*IMAGE_KINDS, None):
        names = [name for name in test if kind is None or kinds[name] == kind]
        if names:
            rows.append(_row(kind or "all", names, evaluate(network, dataset, names)["together"]))
    about = ABOUT.format(
        images=len(dataset.pairs),
        train=len(model.facts.train),
        test=len(test),
        made=made,
        rows="\n".join(rows),
    )
    scores = evaluate(network, dataset, test)
    facts = model.facts.model_copy(
        update={
            "name": "nuclei",
            "dataset_name": "dsb2018",
            "training_facts": training_facts,
            "scores": scores,
            "about": about,
        }
    )
    write_json(SHIPPED / SETTINGS, facts.model_dump(mode="json"))
    write_bytes(SHIPPED / CARD, card_text(facts).encode())
    print(about)


def _annotated_image(dataset: Dataset, name: str) -> AnnotatedImage:
    labels = dataset.labels(name)
    image = scale_intensities(dataset.image(name), CellsPreprocessing()).rgb8()
    return AnnotatedImage(image, labels, distance_map(labels))


def _row(title: str, names: Iterable[str], together: dict) -> str:
    scores = together["image_size"]
    values = (scores["AP"]["0.5"], scores["AP"]["0.75"], scores["dice"])
    return f"| {title} | {len(list(names))} | " + " | ".join(f"{v:.3f}" for v in values) + " |"


if __name__ == "__main__":
    main()
