"""The models of a workspace, and those that come with cellseg."""

import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from cellseg import naming
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.models.card import card_text
from cellseg.models.facts import ModelFacts
from cellseg.models.weights_check import MOST_BYTES, check_weights
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

SETTINGS = "model.json"
WEIGHTS = "weights.weights.h5"
BEST_ON_TEST = "best_on_test.weights.h5"
CARD = "card.md"
HDF5 = b"\x89HDF"
SHIPPED = Path(__file__).parent / "shipped"
"""The models that come with cellseg; made by `scripts/`, and never changed here."""

MEMBERS = {
    SETTINGS: 64 * 1024**2,
    WEIGHTS: MOST_BYTES,
    BEST_ON_TEST: MOST_BYTES,
    CARD: 16 * 1024**2,
}
"""Files of a model, and the most bytes that each has when it comes from elsewhere."""


class Model:
    """One published model: a folder with weights, settings, scores and a card."""

    def __init__(self, folder: Path, facts: ModelFacts) -> None:
        self.folder = folder
        self.facts = facts

    @property
    def id(self) -> str:
        """The folder's name, which stays when the model is renamed."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.facts.name

    @property
    def shipped(self) -> bool:
        """Whether it comes with cellseg: nobody renames or deletes it."""
        return self.folder.parent == SHIPPED

    @property
    def recipe(self) -> RecipeSettings:
        """The settings it was trained with; prediction reads its preprocessing here."""
        return self.facts.recipe

    @property
    def separates_cells(self) -> bool:
        """Whether it finds each cell as an instance, not only which pixels are cell."""
        return self.facts.separates_cells

    @property
    def view(self) -> View:
        """What it takes of each image file."""
        return self.facts.view

    @property
    def weights(self) -> Path:
        """The weights after the last epoch, which prediction uses."""
        return self.folder / WEIGHTS

    @property
    def card(self) -> str:
        """What a person should know before using it, as Markdown."""
        return card_text(self.facts)

    @property
    def bytes(self) -> int:
        """Its size on disk."""
        return size_on_disk(self.folder)


class ModelStore:
    """The models of one workspace, and those that come with cellseg."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def all(self) -> list[Model]:
        """Every readable model: the user's own, newest first, then those that come with cellseg.

        One that comes with cellseg stands back where the user has one of its id or name.
        """
        own = _readable(self.workspace.models)
        taken = {word.casefold() for model in own for word in (model.id, model.name)}
        shipped = _readable(SHIPPED)
        return own + [model for model in shipped if not taken & {model.id, model.name.casefold()}]

    def unreadable(self) -> list[str]:
        """Names of the folders whose model is damaged or of another version of cellseg."""
        return unreadable(self.workspace.models, _read)

    def get(self, id_or_name: str) -> Model:
        """The model of this id or name.

        Raises
        ------
        CellsegError
            Where there is none; the sentence names those that exist.
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

    def free_name(self, wish: str) -> str:
        """The wished name if no model has it.

        Raises
        ------
        CellsegError
            Where it is taken or cannot be a name.
        """
        return checked_name(wish, "model", [model.name for model in self.all()])

    def _numbered(self, name: str) -> str:
        """The name, with a number where a model has it."""
        return naming.numbered(name, (model.name for model in self.all()))

    def publish(self, facts: ModelFacts, weights: Path, best_on_test: Path | None = None) -> Model:
        """Make a model of trained weights; it appears whole or not at all.

        Where its name was taken since the training began, a number is added.
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
        """Give a model another name; its id and everything else stay.

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
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in MEMBERS:
                if (path := model.folder / member).is_file():
                    archive.write(path, f"{model.id}/{member}")
        return packed.getvalue()

    def unpack(self, packed: Path, name: str | None = None) -> Model:
        """Bring back a model from a zip that `pack` made.

        Only the known files are read, into a folder of the workspace's own choice.

        Parameters
        ----------
        name : by default the one it had, with a number where that is taken.

        Raises
        ------
        CellsegError
            Where the file is no zip of a model, or the given name is taken.
        """
        try:
            with zipfile.ZipFile(packed) as archive:
                members = _members(archive)
                facts = ModelFacts.model_validate_json(archive.read(members[SETTINGS]))
                name = self.free_name(name or self._numbered(facts.name))
                facts = facts.model_copy(update={"name": name})
                target = self.workspace.models / free_id(self.workspace.models, facts.name)
                with self.workspace.staged(target) as folder:
                    for member in (WEIGHTS, BEST_ON_TEST):
                        if member in members:
                            _extract(archive, members[member], folder / member)
                            check_weights(folder / member, packed.name)
                    _write(folder, facts)
        except _DAMAGED as error:
            raise CellsegError(
                f"{packed.name} is not a model of cellseg or is damaged; bring a zip that the "
                "page Models or another cellseg made."
            ) from error
        return Model(target, facts)


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValidationError,
    EOFError,
    NotImplementedError,
    RuntimeError,  # how zipfile asks for a password
)
"""What is raised where the bytes of a packed model make no sense."""


def _members(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    members = {
        PurePosixPath(info.filename).name: info
        for info in archive.infolist()
        if PurePosixPath(info.filename).name in MEMBERS
    }
    if SETTINGS not in members or WEIGHTS not in members:
        raise zipfile.BadZipFile("no model inside")
    for name, info in members.items():
        if info.file_size > MEMBERS[name]:
            raise CellsegError(
                f"{name} in this zip unpacks to {info.file_size / 1e6:.0f} MB, and no model of "
                f"cellseg has one of more than {MEMBERS[name] / 1e6:.0f} MB; bring a zip that the "
                "page Models made."
            )
    return members


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    with archive.open(member) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    with target.open("rb") as weights:
        if weights.read(len(HDF5)) != HDF5:
            raise zipfile.BadZipFile("no weights inside")


def _write(folder: Path, facts: ModelFacts) -> None:
    write_json(folder / SETTINGS, facts.model_dump(mode="json"))
    write_bytes(folder / CARD, card_text(facts).encode())


def _check_own(model: Model) -> None:
    if model.shipped:
        raise CellsegError(f"The model {model.name} comes with cellseg and stays as it is.")


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
