"""What is taken of a file, as a person chose it: axes, channels, plane, time point."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from cellseg.config import Frozen
from cellseg.images.stack import LETTERS, StackFacts

Number = Annotated[int, Field(ge=0)]
Projection = Literal["max", "mean"]

_PROJECTIONS = {"max": "maximum", "mean": "mean"}


class View(Frozen):
    """What is taken of each file; all numbers count from 0.

    Without a choice a single picture is itself, one channel is grey, two or three channels are
    red, green and blue in their order, of more the first three; of planes the maximum is taken,
    of time points and positions the first.

    axes : a letter of P, T, Z, C, Y, X for each axis as it lies in the file; None trusts the file.
    channels : one for grey, or those for red, green and blue, where None is left black.
    plane : of a Z stack. projection : along Z, in place of a plane.
    time, position : the time point and the field of view.
    expand : one image for each plane, time point and position that is not chosen.
    """

    axes: str | None = None
    channels: tuple[Number | None, ...] | None = None
    plane: Number | None = None
    projection: Projection | None = None
    time: Number | None = None
    position: Number | None = None
    expand: bool = False

    @field_validator("axes")
    @classmethod
    def _letters(cls, axes: str | None) -> str | None:
        if axes is None:
            return None
        if not {"Y", "X"} <= set(axes) <= LETTERS or len(set(axes)) != len(axes):
            raise ValueError("give each of T, Z, C, Y, X at most once, and Y and X always")
        return axes

    @field_validator("channels")
    @classmethod
    def _grey_or_colour(
        cls, channels: tuple[int | None, ...] | None
    ) -> tuple[int | None, ...] | None:
        if channels is None:
            return None
        if len(channels) not in (1, 3) or all(channel is None for channel in channels):
            raise ValueError("give one channel for grey, or three for red, green and blue")
        return channels

    @model_validator(mode="after")
    def _plane_or_projection(self) -> "View":
        if self.plane is not None and self.projection is not None:
            raise ValueError("give a plane or a projection, not both")
        return self

    @property
    def words(self) -> str:
        """The choice in words; empty where nothing is chosen."""
        parts = []
        if self.axes:
            parts.append(f"axes {self.axes}")
        if self.channels is not None and len(self.channels) == 1:
            parts.append(f"channel {self.channels[0]} as grey")
        elif self.channels is not None:
            colours = zip(self.channels, ("red", "green", "blue"), strict=True)
            parts.append(
                ", ".join(f"channel {c} as {colour}" for c, colour in colours if c is not None)
            )
        if self.plane is not None:
            parts.append(f"plane {self.plane}")
        if self.projection is not None:
            parts.append(f"the {_PROJECTIONS[self.projection]} along Z")
        if self.time is not None:
            parts.append(f"time point {self.time}")
        if self.position is not None:
            parts.append(f"position {self.position}")
        if self.expand:
            parts.append("one image for each plane or time point")
        return ", ".join(parts)

    @property
    def each(self) -> "View":
        """The same choice, with an image for each plane where no plane or projection is chosen."""
        along = (self.plane, self.projection, self.time, self.position)
        if self.expand or any(choice is not None for choice in along):
            return self
        return self.model_copy(update={"expand": True})

    def over(self, other: "View") -> "View":
        """The choice, completed by another one where it leaves something open."""
        own = self.model_dump(exclude_defaults=True)
        left = other.model_dump(exclude_defaults=True)
        replaced = {"plane", "projection", "time", "position"} if self.expand else set()
        if {"plane", "projection"} & set(own):
            replaced |= {"plane", "projection"}
        return View(**{key: value for key, value in left.items() if key not in replaced} | own)

    def for_mask(self, facts: StackFacts) -> "View":
        """The same choice for a mask: its values never mix, and it may have fewer axes."""
        lacking = {"plane": "Z", "time": "T", "position": "P"}
        fewer = {field: None for field, letter in lacking.items() if facts.length(letter) == 1}
        projection = "max" if self.projection else None
        return self.model_copy(update={"channels": None, "projection": projection, **fewer})
