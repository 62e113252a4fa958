"""What could be chosen of the images that were brought, and what was chosen without the user."""

import shutil
import uuid
from dataclasses import replace
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.images.choosing import Choosable, choosable, remarks
from cellseg.images.decoding import Decoder
from cellseg.images.view import Offer, View


class Choices:
    """Looks at one image file after the other.

    offer : the first file of those that leave most to choose; None where none leaves anything.
    """

    def __init__(self, decoder: Decoder, view: View) -> None:
        self.offer: Offer | None = None
        self._decoder, self._view = decoder, view
        self._seen: set[Path] = set()
        self._remarks: dict[str, list[str]] = {}

    def look(self, path: Path, name: str) -> None:
        """Note what a file holds; what cannot be read is passed over."""
        if path in self._seen:
            return
        self._seen.add(path)
        try:
            found = self._decoder.describe(path, name)
            facts = found.renamed(self._view.axes, name)
        except CellsegError:
            return
        most = choosable(self.offer.facts) if self.offer else Choosable.NOTHING
        if choosable(found) > most:
            self.offer = Offer(name, found, path)
        if facts.certain:
            for sentence in remarks(found, self._view, "\0"):
                self._remarks.setdefault(sentence, []).append(name)

    @property
    def remarks(self) -> list[str]:
        """What was decided without the user, each sentence once, with the files that it is of."""
        said = []
        for sentence, names in self._remarks.items():
            more = f" (as {len(names) - 1} more)" if len(names) > 1 else ""
            said.append(sentence.replace("\0", names[0] + more))
        return said

    def kept_in(self, folder: Path | None, passing: Path) -> Offer | None:
        """The offer, its file copied to `folder` where it lies in a folder that passes."""
        offer = self.offer
        if offer is None or offer.path is None or passing not in offer.path.parents:
            return offer
        if folder is None:
            return replace(offer, path=None)
        target = folder / f"example-{uuid.uuid4().hex}{offer.path.suffix}"
        shutil.copyfile(offer.path, target)
        return replace(offer, path=target)
