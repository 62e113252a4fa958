"""The settings of a recipe as fields of a form; what draws them is not known here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Values = Mapping[str, Any]
"""What was chosen, by the paths of the fields."""


class StartModel(NamedTuple):
    """A model that a fine-tuning can start from."""

    id: str
    name: str


@dataclass(frozen=True)
class Context:
    """What the defaults of a form depend on.

    kind : of the dataset's masks: `labels` or `binary`. train_images : how many it trains on.
    encoder_weights : where the encoder starts if nobody chooses.
    start_models : the models that a fine-tuning can start from.
    """

    kind: str
    train_images: int
    encoder_weights: str
    start_models: tuple[StartModel, ...] = ()


Default = Callable[[Context], Any]


def always(_: Values) -> bool:
    """A field that can always be changed."""
    return True


@dataclass(frozen=True)
class Field:
    """One setting.

    path : group and name in the settings, such as `training.epochs`.
    label, help : what a person reads.
    default : at first; a function of the context where it depends on that.
    usual : whether it stands in the first row, and not among more settings.
    column : among more settings, counted from 0.
    enabled : whether it can be changed, by the values chosen so far.
    """

    path: str
    label: str
    help: str
    default: Any | Default = None
    usual: bool = False
    column: int = 0
    enabled: Callable[[Values], bool] = field(default=always)

    def default_for(self, context: Context) -> Any:
        """The value at first."""
        return self.default(context) if callable(self.default) else self.default


@dataclass(frozen=True)
class Number(Field):
    """A number between two bounds; without a default it may be left empty.

    step : of its buttons; None chooses. placeholder : shown where it is empty.
    percent : whether it is shown in percent and stored as a fraction.
    """

    low: float = 0
    high: float = 10_000
    step: float | None = None
    placeholder: str | None = None
    percent: bool = False


@dataclass(frozen=True)
class Choice(Field):
    """One of a few values.

    options : value to label, or a function of the context that gives them.
    """

    options: Mapping[Any, str] | Callable[[Context], Mapping[Any, str]] = field(
        default_factory=dict
    )

    def options_for(self, context: Context) -> Mapping[Any, str]:
        """The values with their labels."""
        return self.options(context) if callable(self.options) else self.options


@dataclass(frozen=True)
class Switch(Field):
    """Yes or no."""


ENCODER_WEIGHTS = {"imagenet": "ImageNet", "none": "random initialization"}
"""Where an encoder can start, in words."""


def encoder_field(**more: Any) -> Choice:
    """The choice of where the encoder starts; the same in every recipe that has one."""
    return Choice(
        "network.encoder_weights",
        "Encoder weights",
        "ImageNet: learned from everyday photographs, needs few images. Random initialization: "
        "learned from your images alone, needs more images and epochs.",
        default=lambda context: context.encoder_weights,
        options=ENCODER_WEIGHTS,
        **more,
    )


def seed_field(default: int, **more: Any) -> Number:
    """The random seed; the same in every recipe."""
    return Number(
        "training.seed",
        "Random seed",
        "The same seed repeats a training; another one shows how much the result depends on "
        "chance.",
        default=default,
        low=0,
        high=2**31 - 1,
        step=1,
        **more,
    )


def nested(values: Values) -> dict[str, Any]:
    """Values by path as groups of values by name; a path without a group stays at the top."""
    groups: dict[str, Any] = {}
    for path, value in values.items():
        group, _, name = path.rpartition(".")
        if group:
            groups.setdefault(group, {})[name] = value
        else:
            groups[name] = value
    return groups


def usual(fields: Sequence[Field]) -> list[Field]:
    """The fields of the first row."""
    return [each for each in fields if each.usual]


def more(fields: Sequence[Field]) -> list[Field]:
    """The other fields."""
    return [each for each in fields if not each.usual]
