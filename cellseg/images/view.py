"""The user's choice of what to read from a file: axes, channels, plane, time point."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from cellseg.config import Frozen
from cellseg.images.stack import LETTERS, StackFacts

Number = Annotated[int, Field(ge=0)]
Projection = Literal["max", "mean"]

_PROJECTIONS = {"max": "maximum", "mean": "mean"}


class View(Frozen):
    """What to read from each file; all numbers count from 0.

    By default, one channel is grey, and the first two or three channels are red, green and blue;
    a Z stack is projected to its maximum; the first time point and position are read.

    axes : letters P, T, Z, C, Y, X in the order of the file; None uses the metadata.
    channels : one for grey, or those for red, green and blue; None is black.
    plane : of a Z stack.
    projection : along Z, instead of a plane.
    time, position : time point and field of view.
    expand : whether each plane, time point and position that is not chosen becomes an image.
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
    def description(self) -> str:
        """The choice in words; empty for the default."""
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
    def expanded(self) -> "View":
        """The view with an image for each plane where no plane or projection is chosen."""
        along = (self.plane, self.projection, self.time, self.position)
        if self.expand or any(choice is not None for choice in along):
            return self
        return self.model_copy(update={"expand": True})

    def completed_by(self, other: "View") -> "View":
        """The view, completed by another view where it has no choice."""
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
