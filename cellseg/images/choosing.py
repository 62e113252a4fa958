"""What a file leaves to choose, and what was decided without the user."""

from enum import IntEnum

from cellseg.images.stack import WORDS, StackFacts
from cellseg.images.view import View


class Choosable(IntEnum):
    """What a file leaves to choose; the more there is, the higher."""

    NOTHING = 0
    COLOURS = 1
    STACK = 2
    AXES = 3


def choosable(facts: StackFacts) -> Choosable:
    """What there is to choose: colours of a picture; planes, time points, channels; or its axes."""
    if not facts.certain:
        return Choosable.AXES
    if facts.planes > 1 or (facts.channels > 1 and not facts.colour):
        return Choosable.STACK
    return Choosable.COLOURS if facts.colour else Choosable.NOTHING


def remarks(told: StackFacts, view: View, name: str) -> list[str]:
    """A sentence for each thing that was decided without the user, or against the file.

    Parameters
    ----------
    told : as the file says.

    Raises
    ------
    CellsegError
        Where the axes of the choice do not fit the file.
    """
    facts = told.renamed(view.axes, name)
    said = []
    if told.certain and facts.axes != told.axes:
        said.append(
            f"{name} says that its axes are {told.axes}, and was read as {facts.axes}; choose the "
            "axes if that is not meant."
        )
    if view.channels is None and facts.channels > 1 and not facts.colour:
        became = "the first three became" if facts.channels > 3 else "they became"
        colours = "red and green" if facts.channels == 2 else "red, green and blue"
        said.append(
            f"{name} has {facts.channels} channels{facts.channel_words}: {became} {colours}; "
            "choose others, or one as grey, if the cells do not show so."
        )
    if facts.length("Z") > 1 and not (view.expand or view.projection) and view.plane is None:
        said.append(
            f"{name} is a stack of {facts.length('Z')} planes: their maximum was taken; choose a "
            "plane, the mean, or one image for each plane if that is not meant."
        )
    for letter, number in (("T", view.time), ("P", view.position)):
        if facts.length(letter) > 1 and number is None and not view.expand:
            said.append(
                f"{name} has {facts.length(letter)} {WORDS[letter]}s: the first one was taken; "
                "choose another, or one image for each, if that is not meant."
            )
    return said
