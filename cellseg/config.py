"""Frozen settings of a training run: bounds are checked once, an unknown key is an error."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cellseg.errors import CellsegError

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""A time with its zone, in this century: what is sorted and shown must be comparable."""


class Frozen(BaseModel):
    """Base of all settings: immutable, strict about unknown keys, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PredictionOptions(Frozen):
    """What may be said of an image when its cells are looked for.

    diameter : typical diameter of its cells, pixels; None takes them to be as large as those the
        model learned from.
    tile : side of the tiles that a large image is cut into, pixels; None lets the model choose.
    """

    diameter: float | None = Field(default=None, gt=0, le=10_000)
    tile: int | None = Field(default=None, ge=64, le=8192)


Settings = TypeVar("Settings", bound=Frozen)


def checked(kind: type[Settings], **values: object) -> Settings:
    """Settings from loose values, with one sentence for the first value that does not fit.

    Raises
    ------
    CellsegError
        Names the setting, the value found and what is needed.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        reason = first["msg"].removeprefix("Value error, ")
        found = first["input"]
        raise CellsegError(f"The setting {where} cannot be {found!r}: {reason}.") from None
