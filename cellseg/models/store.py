"""The models of a workspace, and the shipped models of cellseg."""

import shutil
import zipfile
from pathlib import Path

from pydantic import ValidationError

from cellseg import naming
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.models import packing
from cellseg.models.card import card_text
from cellseg.models.facts import ModelFacts
from cellseg.models.packing import BEST_ON_TEST, CARD, SETTINGS, WEIGHTS
from cellseg.models.weights_check import check_weights
from cellseg.recipes.base import RecipeSettings
from cellseg.workspace import (
    Workspace,
    checked_name,
    free_id,
    read_json,
    size_on_disk,
    unreadable,
    write_bytes,
    write_json,
)

SHIPPED = Path(__file__).parent / "shipped"
"""Folder of the models that come with cellseg; `scripts/` makes them."""


class Model:
    """One published model: a folder with weights, settings, scores and a card."""

    def __init__(self, folder: Path, facts: ModelFacts) -> None:
        self.folder = folder
        self.facts = facts

    @property
    def id(self) -> str:
        """Name of its folder, which stays when the model is renamed."""
        return self.folder.name

    @property
    def name(self) -> str:
        """Name that the user gave it."""
        return self.facts.name

    @property
    def shipped(self) -> bool:
        """Whether it comes with cellseg and can be neither renamed nor deleted."""
        return self.folder.parent == SHIPPED

    @property
    def recipe(self) -> RecipeSettings:
        """The settings of its training, preprocessing included."""
        return self.facts.recipe

    @property
    def separates_cells(self) -> bool:
        """Whether it segments instances, not only the foreground."""
        return self.facts.separates_cells

    @property
    def view(self) -> View:
        """Planes and channels that it uses of each image file."""
        return self.facts.view

    @property
    def weights(self) -> Path:
        """The weights after the last epoch, for prediction."""
        return self.folder / WEIGHTS

    @property
    def card(self) -> str:
        """The model card, as Markdown."""
        return card_text(self.facts)

    @property
    def bytes(self) -> int:
        """Its size on disk."""
        return size_on_disk(self.folder)


class ModelStore:
    """The models of one workspace, and the shipped models of cellseg."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def all(self) -> list[Model]:
        """All readable models: those of the workspace, newest first, then the shipped ones.

        A shipped model is left out where the workspace has one of its id or name.
        """
        own = _readable(self.workspace.models)
        taken = {word.casefold() for model in own for word in (model.id, model.name)}
        shipped = _readable(SHIPPED)
        return own + [model for model in shipped if not taken & {model.id, model.name.casefold()}]

    def unreadable(self) -> list[str]:
        """Names of the folders whose model is damaged or of another version of cellseg."""
        return unreadable(self.workspace.models, _read)

    def get(self, id_or_name: str) -> Model:
        """The model with this id, or else with this name, ignoring case.

        Raises
        ------
        CellsegError
            Where no model has it.
        """
        models = self.all()
        for model in models:
            if model.id == id_or_name:
                return model
        for model in models:
            if model.name.casefold() == id_or_name.casefold():
                return model
        known = ", ".join(model.name for model in models) or "none yet; train one first"
        raise CellsegError(f"There is no model named {id_or_name}; the models are: {known}.")

    def checked_name(self, name: str) -> str:
        """The stripped name, if it is valid and no model has it.

        Raises
        ------
        CellsegError
            Where it is invalid or taken.
        """
        return checked_name(name, "model", [model.name for model in self.all()])

    def _numbered(self, name: str) -> str:
        """The name, with a number where a model has it."""
        return naming.numbered(name, (model.name for model in self.all()))

    def publish(self, facts: ModelFacts, weights: Path, best_on_test: Path | None = None) -> Model:
        """Save trained weights as a model; it appears completely or not at all.

        Where another model has got its name since the training began, a number is added.
        """
        name = self._numbered(facts.name)
        facts = facts.model_copy(update={"name": name})
        target = self.workspace.models / free_id(self.workspace.models, name)
        with self.workspace.staged(target) as folder:
            shutil.copyfile(weights, folder / WEIGHTS)
            if best_on_test and best_on_test.is_file():
                shutil.copyfile(best_on_test, folder / BEST_ON_TEST)
            _write(folder, facts)
        return Model(target, facts)

    def rename(self, model: Model, name: str) -> Model:
        """Rename a model; its id and everything else stay.

        Raises
        ------
        CellsegError
            Where the name is taken, or the model comes with cellseg.
        """
        _check_own(model)
        others = [other.name for other in self.all() if other.id != model.id]
        facts = model.facts.model_copy(update={"name": checked_name(name, "model", others)})
        _write(model.folder, facts)
        return Model(model.folder, facts)

    def delete(self, model: Model) -> None:
        """Delete a model and its files.

        Raises
        ------
        CellsegError
            Where the model comes with cellseg.
        """
        _check_own(model)
        self.workspace.remove(model.folder)

    def pack(self, model: Model) -> bytes:
        """The model as a zip that `unpack` reads on any machine."""
        return packing.model_zip(model.folder, model.id)

    def unpack(self, packed: Path, name: str | None = None) -> Model:
        """Import a model from a zip that `pack` made; other files in it are ignored.

        Parameters
        ----------
        name : of the model; by default its former name, with a number where that is taken.

        Raises
        ------
        CellsegError
            Where the file is no zip of a model, or the given name is taken.
        """
        try:
            with zipfile.ZipFile(packed) as archive:
                members = packing.members(archive)
                facts = ModelFacts.model_validate_json(archive.read(members[SETTINGS]))
                name = self.checked_name(name or self._numbered(facts.name))
                facts = facts.model_copy(update={"name": name})
                target = self.workspace.models / free_id(self.workspace.models, facts.name)
                with self.workspace.staged(target) as folder:
                    for member in (WEIGHTS, BEST_ON_TEST):
                        if member in members:
                            packing.extract_weights(archive, members[member], folder / member)
                            check_weights(folder / member, packed.name)
                    _write(folder, facts)
        except packing.DAMAGED as error:
            raise CellsegError(
                f"{packed.name} is not a model of cellseg or is damaged; import a zip that you "
                "downloaded on the page Models, here or in another cellseg."
            ) from error
        return Model(target, facts)


def _write(folder: Path, facts: ModelFacts) -> None:
    write_json(folder / SETTINGS, facts.model_dump(mode="json"))
    write_bytes(folder / CARD, card_text(facts).encode())


def _check_own(model: Model) -> None:
    if model.shipped:
        raise CellsegError(
            f"The model {model.name} comes with cellseg; it can be neither renamed nor deleted."
        )


def _folders(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _readable(folder: Path) -> list[Model]:
    """The models in a folder, newest first."""
    found = [_read(child) for child in _folders(folder)]
    models = [model for model in found if model is not None]
    return sorted(models, key=lambda model: model.facts.created, reverse=True)


def _read(folder: Path) -> Model | None:
    try:
        facts = ModelFacts.model_validate(read_json(folder / SETTINGS))
    except ValidationError:
        return None
    return Model(folder, facts) if (folder / WEIGHTS).is_file() else None
