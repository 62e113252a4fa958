"""Names of images of which none is another's; upper and lower case do not tell them apart."""

from collections.abc import Iterable
from pathlib import PurePosixPath


def distinct(names: Iterable[str]) -> list[str]:
    """The names in their order; one that came before gets a number: `a/x (2).tif`."""
    taken: set[str] = set()
    found = []
    for name in names:
        found.append(free(name, taken))
        taken.add(found[-1].casefold())
    return found


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or with a number where it is taken.

    Parameters
    ----------
    taken : case-folded names.
    """
    path, number, known = PurePosixPath(name), 1, set(taken)
    while name.casefold() in known:
        number += 1
        name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    return name
