"""Worker process of a training: `python -m cellseg.training.worker RUN_FOLDER`.

It depends neither on the browser nor on the server, so it outlives both.
"""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.models.facts import BestOnTest, ModelFacts, utc_now
from cellseg.models.store import Model, ModelStore
from cellseg.network import encoder_weights
from cellseg.training.runs import Run, read_run
from cellseg.training.status import RunStatusWriter
from cellseg.workspace import Workspace

if TYPE_CHECKING:
    from cellseg.training.engine import TrainingData, TrainingResult

log = logging.getLogger("cellseg.training")


class Worker:
    """Trains a run and publishes its model."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.workspace = Workspace(run.folder.parent.parent)
        self.status = RunStatusWriter(run.folder)
        self._terminated = False
        self._started = time.monotonic()

    def work(self) -> int:
        """Train, publish and write the final status; returns the exit code."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)
        try:
            state, model, message = self._train_and_publish()
        except CellsegError as error:
            log.error("%s", error)
            self.status.end("failed", message=str(error))
            return 1
        except MemoryError:
            log.exception("out of memory")
            self.status.end(
                "failed",
                message="The memory of this machine is full; choose a smaller batch size.",
            )
            return 1
        except Exception as error:  # the page shows the message
            log.exception("unexpected error")
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            self.status.end(
                "failed",
                message=f"The training failed unexpectedly ({reason}); its log has the details.",
            )
            return 1
        self.status.end(state, phase="", message=message, model_id=model.id if model else None)
        return 0

    def stop_requested(self) -> bool:
        """Whether the user asked to stop, by the stop file or by a signal."""
        return self._terminated or self.run.stop_file.exists()

    def _train_and_publish(self) -> tuple[str, Model | None, str | None]:
        config = self.run.config
        weights = self._initial_weights()
        self.status.set_phase("Loading TensorFlow, about 10 s")
        from cellseg.training.engine import StoppedBeforeStart, TrainingData, load_trainer

        trainer = load_trainer(config.recipe)
        datasets = DatasetStore(self.workspace)
        train_dataset = datasets.get(config.dataset_id)
        test_dataset = (
            datasets.get(config.test_dataset_id) if config.test_dataset_id else train_dataset
        )
        data = TrainingData(train_dataset, test_dataset, config.train, config.test)
        try:
            trained = trainer.train(self.run, data, weights, self.status, self.stop_requested)
        except StoppedBeforeStart:
            return (
                "stopped",
                None,
                "The training was stopped before the first step, so there is no model.",
            )
        self.status.set_phase("Scoring the test images" if data.test_names else "Saving the model")
        model = self._publish(trained, data)
        return ("stopped" if trained.stopped else "finished"), model, None

    def _initial_weights(self) -> Path | None:
        """File of the weights to start from: of the encoder, or of the model to fine-tune."""
        settings = self.run.config.recipe

        def report_download(done: int, total: int) -> None:
            of = f" of {total / 1e6:.1f}" if total else ""
            self.status.update(phase=f"Downloading ImageNet weights, {done / 1e6:.1f}{of} MB")

        if settings.start:
            model = ModelStore(self.workspace).get(settings.start)
            self.status.update(encoder_sha256=model.facts.encoder_sha256)
            return model.weights
        if settings.encoder_settings is None:
            return None
        self.status.set_phase("Searching for the encoder weights")
        path = encoder_weights.resolve(
            settings.encoder_settings, settings.encoder_size, report_download
        )
        self.status.update(encoder_sha256=encoder_weights.sha256(path) if path else None)
        return path

    def _publish(self, trained: "TrainingResult", data: "TrainingData") -> Model:
        from cellseg.analysis.evaluation import evaluate

        config = self.run.config

        def report_scoring(done: int, of: int) -> None:
            self.status.update(phase=f"Scoring the test images, {done} of {of}")

        scores = None
        if data.test_names:
            scores = evaluate(trained.predictor, data.test_dataset, data.test_names, report_scoring)
        hashes = {pair.name: pair.image_sha256 for pair in data.train_dataset.pairs}
        facts = ModelFacts(
            name=config.model_name,
            created=utc_now(),
            recipe=config.recipe,
            training_facts=trained.facts,
            start=config.start,
            dataset_name=config.dataset_name,
            dataset_fingerprint=config.dataset_fingerprint,
            test_dataset_name=config.test_dataset_name,
            train=config.train,
            test=config.test,
            train_hashes=tuple(hashes[name] for name in config.train),
            epochs_done=trained.epochs,
            ended="stopped" if trained.stopped else "finished",
            seconds=round(time.monotonic() - self._started, 1),
            scores=scores,
            best_on_test=_best(trained.best),
            encoder_sha256=self.status.status.encoder_sha256,
            run_id=self.run.id,
            view=config.view,
            versions=config.versions,
        )
        best = self.run.best_on_test if trained.best else None
        return ModelStore(self.workspace).publish(facts, self.run.weights, best)

    def _terminate(self, *_: object) -> None:
        self._terminated = True


def main(arguments: list[str]) -> int:
    """Train the run whose folder is the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    run = read_run(Path(arguments[0]).absolute()) if len(arguments) == 1 else None
    if run is None:
        log.error("usage: python -m cellseg.training.worker RUN_FOLDER")
        return 2
    return Worker(run).work()


def _best(best: tuple[int, float] | None) -> BestOnTest | None:
    return BestOnTest(epoch=best[0], iou=best[1]) if best else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
