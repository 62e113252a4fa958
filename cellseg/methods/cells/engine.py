"""Engine of the recipe `cells`: trains networks and loads predictors."""

from collections.abc import Callable
from pathlib import Path

from cellseg.methods.cells import trainer
from cellseg.methods.cells.model import FLOAT32_LAYERS, build_cells_unet
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.models.store import Model
from cellseg.network import precision
from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.network.weights import load_model_weights
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.training.engine import TrainingData, TrainingResult
from cellseg.training.runs import Run
from cellseg.training.status import RunStatusWriter


class CellsEngine:
    """See `cellseg.training.engine.Trainer` and `cellseg.segmentation.predictor.Loader`."""

    def train(
        self,
        run: Run,
        data: TrainingData,
        start: Path | None,
        status: RunStatusWriter,
        stop_requested: Callable[[], bool],
    ) -> TrainingResult:
        """Train a network from the weights of an encoder or of a model."""
        return trainer.train(run, data, start, status, stop_requested)

    def load(self, model: Model) -> CellsPredictor:
        """Load the predictor of a published model, with folded batch norms."""
        settings, facts = model.recipe, model.facts.training_facts or CellsFacts()
        assert isinstance(settings, CellsSettings)
        assert isinstance(facts, CellsFacts)
        network = build_cells_unet(settings.network)
        load_model_weights(network, model.weights, model.name)
        used_precision = precision.automatic_precision()
        network = fold_batch_norms(network, used_precision, FLOAT32_LAYERS)
        return CellsPredictor(network, settings, facts, used_precision)


ENGINE = CellsEngine()
