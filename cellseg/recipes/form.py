"""Settings of a recipe as fields of a form, independent of the user interface."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Values = Mapping[str, Any]
"""Values of the fields, by path."""


class StartModel(NamedTuple):
    """A model that can be fine-tuned."""

    id: str
    name: str


@dataclass(frozen=True)
class FormContext:
    """Facts that the defaults of a form depend on.

    kind : of the masks of the dataset, `labels` or `binary`. train_images : number of training
    images. encoder_weights : default of the encoder weights. start_models : models that can be
    fine-tuned.
    """

    kind: str
    train_images: int
    encoder_weights: str
    start_models: tuple[StartModel, ...] = ()


Default = Callable[[FormContext], Any]
"""Default value that depends on the context."""


def always_enabled(_: Values) -> bool:
    """Condition of a field that can always be changed."""
    return True


@dataclass(frozen=True)
class Field:
    """A field for one setting.

    path : group and name of the setting, such as `training.epochs`.
    label, help : texts for the user.
    default : value, or a function of the context.
    primary : whether the field is always visible, not among the advanced settings.
    column : among the advanced settings, counted from 0.
    enabled : whether it can be changed, by the values of the fields before it.
    """

    path: str
    label: str
    help: str
    default: Any | Default = None
    primary: bool = False
    column: int = 0
    enabled: Callable[[Values], bool] = field(default=always_enabled)

    def default_for(self, context: FormContext) -> Any:
        """Default value in a context."""
        return self.default(context) if callable(self.default) else self.default


@dataclass(frozen=True)
class Number(Field):
    """A number between two bounds; it is optional if it has no default.

    low, high : smallest and largest value. step : of the buttons; None chooses automatically.
    placeholder : text of an empty field. percent : whether a fraction is displayed in percent.
    """

    low: float = 0
    high: float = 10_000
    step: float | None = None
    placeholder: str | None = None
    percent: bool = False


@dataclass(frozen=True)
class Choice(Field):
    """A choice of one value.

    options : value to label, or a function of the context that returns this.
    """

    options: Mapping[Any, str] | Callable[[FormContext], Mapping[Any, str]] = field(
        default_factory=dict
    )

    def options_for(self, context: FormContext) -> Mapping[Any, str]:
        """Values and labels in a context."""
        return self.options(context) if callable(self.options) else self.options


@dataclass(frozen=True)
class Switch(Field):
    """A choice of yes or no."""


ENCODER_WEIGHTS = {"imagenet": "ImageNet", "none": "random initialization"}
"""Labels of the encoder weights."""


def encoder_field(**more: Any) -> Choice:
    """Field for the encoder weights, for every recipe with an encoder."""
    return Choice(
        "network.encoder_weights",
        "Encoder weights",
        "ImageNet: pre-trained on everyday photographs, needs few images. Random initialization: "
        "trained on your images only, needs more images and epochs.",
        default=lambda context: context.encoder_weights,
        options=ENCODER_WEIGHTS,
        **more,
    )


def seed_field(default: int, **more: Any) -> Number:
    """Field for the random seed, for every recipe."""
    return Number(
        "training.seed",
        "Random seed",
        "A training with the same seed is repeatable; other seeds show the random variation of "
        "the result.",
        default=default,
        low=0,
        high=2**31 - 1,
        step=1,
        **more,
    )


def nested(values: Values) -> dict[str, Any]:
    """Group values by path: `{"a.b": 1, "c": 2}` becomes `{"a": {"b": 1}, "c": 2}`."""
    groups: dict[str, Any] = {}
    for path, value in values.items():
        group, _, name = path.rpartition(".")
        if group:
            groups.setdefault(group, {})[name] = value
        else:
            groups[name] = value
    return groups


def primary_fields(fields: Sequence[Field]) -> list[Field]:
    """Fields that are always visible."""
    return [each for each in fields if each.primary]


def advanced_fields(fields: Sequence[Field]) -> list[Field]:
    """Fields of the advanced settings."""
    return [each for each in fields if not each.primary]
