"""Base class of settings, and options of a prediction."""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cellseg.errors import CellsegError

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""A time with its zone, in this century, so that times can be compared."""


class Frozen(BaseModel):
    """Base class of all settings: immutable, validated, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PredictionOptions(Frozen):
    """Options of a prediction.

    diameter : typical diameter of the cells of the image, pixels; None assumes that of the training
        cells.
    tile : side of the tiles that a large image is split into, pixels; None chooses it.
    """

    diameter: float | None = Field(default=None, gt=0, le=10_000)
    tile: int | None = Field(default=None, ge=64, le=8192)


Settings = TypeVar("Settings", bound=Frozen)


def checked(kind: type[Settings], **values: object) -> Settings:
    """Settings from values, with one sentence for the first invalid one.

    Raises
    ------
    CellsegError
        With the setting, its value and the reason.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        reason = first["msg"].removeprefix("Value error, ")
        found = first["input"]
        raise CellsegError(f"The setting {where} cannot be {found!r}: {reason}.") from None
