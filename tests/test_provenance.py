import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cellseg import __version__
from cellseg.exports.provenance import methods, provenance
from cellseg.images.view import View
from cellseg.models.store import Model
from cellseg.recipes.base import Start
from cellseg.recipes.cells.description import describe_instances
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings
from tests import made

WHEN = datetime(2026, 3, 24, 14, 5, tzinfo=UTC)


@pytest.fixture
def model():
    facts = made.model_facts(
        name="yeast",
        recipe=PixelsSettings(),
        dataset_name="my yeast",
        dataset_fingerprint="0123456789abcdef" * 4,
        train=("a", "b", "c"),
        test=("d",),
        epochs_done=40,
        encoder_sha256="e" * 64,
        versions={"tensorflow": "2.21.0"},
    )
    return Model(Path("models") / "yeast", facts)


def test_facts_are_plain_json(model):
    facts = provenance(
        {"a.tif": 3, "b.tif": 0},
        model,
        filters=["cells with an area below 20 px² were excluded"],
        left_out=2,
        pixel_size=0.5,
        settings={"overlay": "filled"},
        warnings={"a.tif": (), "b.tif": ("Dark.",)},
        when=WHEN,
    )
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["made_by"] == f"cellseg {__version__}"
    assert facts["date"] == "2026-03-24T14:05:00+00:00"
    assert facts["model"]["dataset_fingerprint"] == model.facts.dataset_fingerprint
    assert facts["model"]["recipe"]["preprocessing"]["image_size"] == 128
    assert facts["images"] == [
        {"name": "a.tif", "cells": 3},
        {"name": "b.tif", "cells": 0, "warnings": ["Dark."]},
    ]
    assert (facts["cells"], facts["cells_left_out"], facts["pixel_size_um"]) == (3, 2, 0.5)
    assert facts["settings"] == {"overlay": "filled"}
    assert {"python", "numpy", "scikit-image"} <= set(facts["versions"])


def test_no_folder_of_the_machine_is_told(model):
    network = PixelsNetwork(encoder_weights=str(Path("somewhere") / "weights.h5"))
    recipe = PixelsSettings(network=network)
    other = Model(model.folder, model.facts.model_copy(update={"recipe": recipe}))
    told = provenance({}, other)["model"]["recipe"]["network"]
    assert told["encoder_weights"] == "weights.h5"


def test_the_time_is_now_unless_given():
    written = datetime.fromisoformat(provenance({})["date"])
    assert abs((datetime.now(UTC) - written).total_seconds()) < 60


def test_a_methods_paragraph_says_what_was_taken_of_each_file(model):
    chosen = View(channels=(1,), plane=2).model_dump(mode="json", exclude_defaults=True)
    text = methods(provenance({"a.tif": 3}, model, settings={"view": chosen}))
    assert "From each image file, cellseg used channel 1 as grey, plane 2 (counted from 0)." in text
    usual = methods(provenance({"a.tif": 3}, model, settings={"view": {}}))
    assert "Of each image file" not in usual


def test_a_methods_paragraph(model):
    facts = provenance(
        {"a.tif": 1200, "b.tif": 34},
        model,
        filters=[
            "cells with an area below 20 px² were excluded",
            "cells at the border were excluded",
        ],
        left_out=7,
        pixel_size=0.325,
    )
    text = methods(facts)
    assert text.endswith(".\n")
    assert "\n" not in text[:-1]
    assert "  " not in text
    for words in (
        f"with cellseg {__version__} and the model yeast",
        "MobileNetV2 encoder (Sandler et al. 2018; alpha 1, pre-trained on ImageNet and frozen)",
        "for 40 epochs with Adam (constant learning rate 0.001, batch size 1, float32), on 3 "
        "images of the dataset my yeast (fingerprint 0123456789ab)",
        "Pixels with a foreground probability above 0.5 that touch by an edge were taken as one",
        "Cells with an area below 20 px² were excluded. Cells at the border were excluded. "
        "These filters excluded 7 cells.",
        "1,234 cells in 2 images were measured with the definitions of scikit-image ",
        "The pixel size was 0.325 µm.",
        "Software: Python ",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, None),
        ({"second_pass": 36.0}, "median cell diameter was below 36 px were enlarged to about"),
        (
            {"second_pass": 36.0, "second_pass_below": 22.0},
            "median cell diameter was below 36 px and lower quartile below 22 px were",
        ),
    ],
)
def test_which_images_were_enlarged_is_told(model, chosen, words):
    cells = CellsFacts(instances=InstanceSettings(**chosen))
    facts = model.facts.model_copy(update={"recipe": CellsSettings(), "training_facts": cells})
    text = methods(provenance({"a.tif": 3}, Model(model.folder, facts)))
    assert (words in text) if words else ("enlarged" not in text)


def test_labels_from_elsewhere_name_no_model():
    text = methods(provenance({"a.tif": 1}))
    assert text.startswith("The label images were made outside of cellseg. 1 cell in 1 image was ")
    assert "U-Net" not in text
    assert "TensorFlow" not in text
    assert "µm" not in text


def test_the_precision_of_the_network_is_told(model):
    facts = provenance({"a.tif": 1}, model, precision=["bfloat16"])
    assert facts["precision"] == ["bfloat16"]
    assert "Inference was run in bfloat16." in methods(facts)
    assert "was computed in" not in methods(provenance({"a.tif": 1}, model))


def test_a_fine_tuning_names_its_start_and_the_optimizer_that_ran(model):
    start = Start(id="nuclei", name="nuclei", sha256="a" * 64)
    changes = {"recipe": CellsSettings(start="nuclei"), "start": start}
    facts = model.facts.model_copy(update={**changes, "training_facts": CellsFacts()})
    text = methods(provenance({"a.tif": 3}, Model(model.folder, facts)))
    assert "It was trained by fine-tuning the model nuclei (SHA-256 aaaaaaaaaaaa) for 40" in text
    assert "with AdamW (weight decay 0.0001, gradients clipped to a global norm of 5)" in text
    assert "markers were its h-maxima (h = 0.2)" in text


def test_an_encoder_from_a_file_is_not_called_imagenet(model):
    recipe = PixelsSettings(network=PixelsNetwork(encoder_weights="/somewhere/mine.h5"))
    facts = model.facts.model_copy(update={"recipe": recipe})
    other = Model(model.folder, facts)
    for text in (other.card, methods(provenance({"a.tif": 1}, other))):
        assert "with the weights of mine.h5" in text
        assert "ImageNet" not in text
        assert "somewhere" not in text


@pytest.mark.parametrize(
    ("area", "score", "words"),
    [
        (0, 0.0, None),
        (10, 0.0, "; objects below 10 px² were removed"),
        (0, 0.8, "; objects with a mean foreground probability below 0.8 were removed"),
        (10, 0.8, "; objects below 10 px² or with a mean foreground probability below 0.8 were"),
    ],
)
def test_only_what_was_removed_is_told(area, score, words):
    text = describe_instances(
        CellsFacts(instances=InstanceSettings(min_area=area, min_score=score))
    )
    assert (words in text) if words else ("removed" not in text)
