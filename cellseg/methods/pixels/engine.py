"""Engine of the recipe `pixels`: trains networks and loads predictors."""

from collections.abc import Callable
from pathlib import Path

from cellseg.methods.pixels import trainer
from cellseg.methods.pixels.model import build_pixels_unet
from cellseg.methods.pixels.predictor import PixelsPredictor
from cellseg.models.store import Model
from cellseg.network.weights import load_model_weights
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.training.engine import TrainingData, TrainingResult
from cellseg.training.runs import Run
from cellseg.training.status import RunStatusWriter


class PixelsEngine:
    """See `cellseg.training.engine.Trainer` and `cellseg.segmentation.predictor.Loader`."""

    def train(
        self,
        run: Run,
        data: TrainingData,
        start: Path | None,
        status: RunStatusWriter,
        stop_requested: Callable[[], bool],
    ) -> TrainingResult:
        """Train a network from the weights of an encoder."""
        return trainer.train(run, data, start, status, stop_requested)

    def load(self, model: Model) -> PixelsPredictor:
        """Load the predictor of a published model."""
        settings = model.recipe
        assert isinstance(settings, PixelsSettings)
        network = build_pixels_unet(settings.preprocessing.image_size, settings.network)
        load_model_weights(network, model.weights, model.name)
        return PixelsPredictor(network, settings)


ENGINE = PixelsEngine()
