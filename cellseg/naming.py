"""The next free name: one way to number names of which none is another's."""

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath


def first_free(name: str, taken: Callable[[str], bool], numbered: Callable[[str, int], str]) -> str:
    """The name, or where it is taken the first numbered one, from 2, that is not.

    Parameters
    ----------
    taken : whether a name is taken.
    numbered : makes a name with a number.
    """
    found, number = name, 1
    while taken(found):
        number += 1
        found = numbered(name, number)
    return found


def numbered(name: str, taken: Iterable[str], longest: int | None = None) -> str:
    """A name for people: `cells`, `cells 2`; upper and lower case count as one.

    Parameters
    ----------
    longest : characters at most; None has no limit.
    """
    known = {other.casefold() for other in taken}

    def with_number(wish: str, number: int) -> str:
        tail = f" {number}"
        head = wish if longest is None else wish[: longest - len(tail)].rstrip()
        return head + tail

    return first_free(name[:longest].rstrip(), lambda one: one.casefold() in known, with_number)


def numbered_file(name: str, taken: Iterable[str]) -> str:
    """A name for a file: `a/x.tif`, `a/x (2).tif`; upper and lower case count as one."""
    known = {other.casefold() for other in taken}

    def with_number(wish: str, number: int) -> str:
        path = PurePosixPath(wish)
        return str(path.with_name(f"{path.stem} ({number}){path.suffix}"))

    return first_free(name, lambda one: one.casefold() in known, with_number)


def numbered_id(name: str, taken: Callable[[str], bool]) -> str:
    """A name for a folder: `cells`, `cells-2`.

    Parameters
    ----------
    taken : whether there is such a folder.
    """
    return first_free(name, taken, lambda wish, number: f"{wish}-{number}")


def suffixed(name: str, suffix: str) -> str:
    """The name of a file with a suffix behind its stem: `a/cells_z03.tif`; without one, itself."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}{suffix}{path.suffix}")) if suffix else name


def distinct(names: Iterable[str]) -> list[str]:
    """Names of files in their order; one that came before gets a number: `a/x (2).tif`."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        found.append(numbered_file(name, taken))
        taken.add(found[-1].casefold())
    return found
