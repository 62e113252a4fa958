from types import SimpleNamespace
from typing import Any

import pytest

from cellseg.methods.cells import validation
from cellseg.methods.cells.validation import MIN_PAUSE_RATIO, Validation
from cellseg.recipes.cells.facts import CellsFacts

SCORING, EPOCH = 2.0, 5.0
IMAGES: Any = ["an image"]
PREDICTOR: Any = SimpleNamespace(facts=CellsFacts())


@pytest.fixture
def scored_epochs(monkeypatch, tmp_path):
    """The epochs that are scored of a training of `epochs`, by a clock of the test's own."""
    now = [100.0]
    monkeypatch.setattr(validation, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(validation, "save_weights", lambda network, path: None)

    def score(predictor, images):
        now[0] += SCORING
        return {"val_ap": 0.5}, 0.4

    monkeypatch.setattr(validation, "score", score)

    def run(epochs, **settings):
        found = []
        callback = Validation(
            IMAGES,
            tmp_path / "best",
            None,
            lambda epoch, predictor: found.append(epoch),
            **settings,
        )
        optimizer = SimpleNamespace(finalize_variable_values=lambda variables: None)
        model: Any = SimpleNamespace(
            trainable_variables=[], optimizer=optimizer, stop_training=False
        )
        callback.set_model(model)
        callback.begin(model, PREDICTOR)
        rows = []
        for epoch in range(epochs):
            now[0] += EPOCH
            model.stop_training = epoch + 1 == epochs
            rows.append({"loss": 1.0})
            callback.on_epoch_end(epoch, rows[-1])
        assert [n for n, row in enumerate(rows, 1) if "val_ap" in row] == found
        return found

    return run


def test_a_training_by_epochs_validates_every_epoch(scored_epochs):
    assert scored_epochs(6) == [1, 2, 3, 4, 5, 6]


def test_a_training_by_minutes_validates_for_a_tenth_of_its_time_and_in_its_last_epoch(
    scored_epochs,
):
    apart = 4  # epochs of 5 s after a scoring of 2 s, until 9 times 2 s are over
    assert (apart - 1) * EPOCH < MIN_PAUSE_RATIO * SCORING <= apart * EPOCH
    assert scored_epochs(11, limit_time=True) == [1, 5, 9, 11]
