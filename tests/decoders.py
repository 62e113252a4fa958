"""Processes that decode, kept from one test to the next; each takes half a second to start."""

import os

from cellseg.images.decoder_process import DecoderProcess, SpareProcess

MOST = 4


def environment() -> dict[str, str]:
    """What a process that starts now would inherit, but for the name of the test."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


class Remembering(DecoderProcess):
    """A child that knows in which environment it started."""

    def __init__(self, module: str, max_pixels: int | None) -> None:
        self.environment = environment()
        super().__init__(module, max_pixels)


class Spares(SpareProcess):
    """Some children that wait; one is taken where it would start alike now."""

    def __init__(self) -> None:
        super().__init__()
        self._children: list[DecoderProcess] = []

    def take(self, module: str, max_pixels: int | None) -> DecoderProcess | None:
        """A child that waits, of this kind and of this environment."""
        now = environment()
        for child in self._children:
            alike = isinstance(child, Remembering) and child.environment == now
            if alike and child.kind == (module, max_pixels):
                self._children.remove(child)
                if not child.has_ended:
                    return child
                child.kill()
                break
        return None

    def give(self, child: DecoderProcess) -> None:
        """Let a child wait; of too many the oldest ends."""
        self._children.append(child)
        if len(self._children) > MOST:
            self._children.pop(0).end()

    def end(self) -> None:
        """End the children that wait."""
        while self._children:
            self._children.pop().end()
