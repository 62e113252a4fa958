"""Provenance of results: a JSON record, and a methods paragraph for papers."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any

from cellseg import __version__
from cellseg.images.view import View
from cellseg.models.store import Model

PACKAGES = ("numpy", "scipy", "scikit-image", "pandas", "tensorflow", "tensorflow-cpu", "keras")


def provenance(
    cells: Mapping[str, int],
    model: Model | None = None,
    *,
    filters: Sequence[str] = (),
    left_out: int = 0,
    pixel_size: float | None = None,
    settings: Mapping[str, Any] | None = None,
    warnings: Mapping[str, Sequence[str]] | None = None,
    precision: Sequence[str] = (),
    when: datetime | None = None,
) -> dict[str, Any]:
    """Everything that is needed to reproduce the results, as values for JSON.

    Parameters
    ----------
    cells : number of cells in the results, by image name.
    model : that segmented them; None where the labels came from elsewhere.
    filters : each as a clause in the past tense, such as `cells with an area below 20 px² were
        excluded`.
    left_out : number of cells that the filters removed.
    pixel_size : side of a pixel in micrometres, if known.
    settings : all other choices.
    warnings : sentences about images, by image name.
    precision : of the network's arithmetic; several where images differ.
    when : time of the results; by default the current time.
    """
    when = when or datetime.now(UTC).replace(microsecond=0)
    return {
        "made_by": f"cellseg {__version__}",
        "date": when.isoformat(),
        "model": None if model is None else _facts(model),
        "instances": None if model is None else model.facts.description.instances,
        "filters": list(filters),
        "cells_left_out": left_out,
        "pixel_size_um": pixel_size,
        "settings": dict(settings or {}),
        "precision": list(precision),
        "images": [
            {"name": name, "cells": count}
            | ({"warnings": list(found)} if (found := (warnings or {}).get(name)) else {})
            for name, count in cells.items()
        ],
        "cells": sum(cells.values()),
        "versions": _versions(),
        "platform": platform.platform(),
    }


def methods(facts: Mapping[str, Any]) -> str:
    """A methods paragraph for a paper, from the result of `provenance`."""
    sentences = [*_images(facts), *_segmentation(facts), *_measurement(facts), *_software(facts)]
    return " ".join(sentences) + "\n"


def _facts(model: Model) -> dict[str, Any]:
    facts = model.facts
    recipe = facts.recipe.model_dump(mode="json")
    network = recipe.get("network", {})  # a file of weights without the folders of this machine
    if "encoder_weights" in network:
        network["encoder_weights"] = PurePath(network["encoder_weights"]).name
    description, found = facts.description, facts.training_facts
    learned = found.model_dump(mode="json") if found else None
    return {
        "id": model.id,
        "name": facts.name,
        "created": facts.created.isoformat(),
        "dataset_name": facts.dataset_name,
        "dataset_fingerprint": facts.dataset_fingerprint,
        "training_images": len(facts.train),
        "test_images": len(facts.test),
        "epochs": facts.epochs_done,
        "recipe": recipe,
        "training_facts": learned,
        "cells": learned,  # its name in the first version
        "start": facts.start.model_dump(mode="json") if facts.start else None,
        "description": {"network": description.network, "training": description.training},
        "encoder_sha256": facts.encoder_sha256,
        "versions": dict(facts.versions),
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "cellseg": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _images(facts: Mapping[str, Any]) -> list[str]:
    """Planes and channels that were used, where the user chose them."""
    chosen = View.model_validate(facts["settings"].get("view", {})).description
    return [f"From each image file, cellseg used {chosen} (counted from 0)."] if chosen else []


def _segmentation(facts: Mapping[str, Any]) -> list[str]:
    model = facts["model"]
    if model is None:
        return ["The label images were made outside of cellseg."]
    description = model["description"]
    precision = facts.get("precision")
    computed = f" Inference was run in {_listed(precision)}." if precision else ""
    return [
        f"Cells were segmented with {facts['made_by']} and the model {model['name']}: "
        f"{description['network']}.",
        f"It was trained {description['training']}, on "
        f"{_count(model['training_images'], 'image')} of the dataset {model['dataset_name']} "
        f"(fingerprint {model['dataset_fingerprint'][:12]}).",
        _sentence(facts["instances"]) + computed,
    ]


def _measurement(facts: Mapping[str, Any]) -> list[str]:
    images, cells = len(facts["images"]), facts["cells"]
    sentences = [_sentence(clause) for clause in facts["filters"]]
    if facts["cells_left_out"]:
        sentences.append(f"These filters excluded {_count(facts['cells_left_out'], 'cell')}.")
    skimage = facts["versions"].get("scikit-image", "")
    sentences.append(
        f"{_count(cells, 'cell').capitalize()} in {_count(images, 'image')} "
        f"{'was' if cells == 1 else 'were'} measured with the definitions of scikit-image "
        f"{skimage} (van der Walt et al. 2014).".replace("  ", " ")
    )
    if facts["pixel_size_um"] is not None:
        sentences.append(f"The pixel size was {facts['pixel_size_um']:g} µm.")
    return sentences


def _software(facts: Mapping[str, Any]) -> list[str]:
    names = {"python": "Python", "numpy": "NumPy", "scipy": "SciPy"}
    if facts["model"] is not None:
        names |= {"tensorflow": "TensorFlow", "tensorflow-cpu": "TensorFlow", "keras": "Keras"}
    found = facts["versions"]
    shown = [f"{title} {found[name]}" for name, title in names.items() if name in found]
    return [f"Software: {', '.join(shown)}."]


def _sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:] + "."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words)
