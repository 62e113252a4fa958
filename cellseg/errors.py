"""The failures that one sentence explains to the person at the screen."""


class CellsegError(Exception):
    """A failure whose message is one clear sentence: what was found, what is needed, what to do."""


class TrainingActive(CellsegError):
    """A second training was asked for while one runs; `run_id` names the one that runs."""

    def __init__(self, run_id: str, message: str) -> None:
        super().__init__(message)
        self.run_id = run_id
