import numpy as np

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.targets import distance_map
from cellseg.methods.cells.tuning import tune_instance_settings
from cellseg.methods.cells.validation import score
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from tests.fake_networks import ScriptedPredictor, plateau_network, squares_predictor, two_squares


def test_tuning_finds_settings_that_separate_the_cells():
    labels, _ = two_squares()
    image = AnnotatedImage(np.zeros((64, 64, 3), np.uint8), labels, distance_map(labels))
    poor = InstanceSettings(prominence=0.95)
    predictor = squares_predictor(CellsFacts(instances=poor))
    assert score(predictor, [image])[0]["val_ap"] == 0.5  # one cell, of half the IoU
    best = tune_instance_settings(predictor, [image], lambda: False)
    better = predictor.with_facts(CellsFacts(instances=best))
    assert score(better, [image])[0] == {
        "val_ap": 1.0,
        "val_count_error": 0.0,
        "val_iou": 1.0,
        "val_dice": 1.0,
    }


def test_tuning_enables_a_second_pass_where_it_finds_more_cells():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[20:28, 10 * number + 2 : 10 * number + 9] = number + 1
    rgb = np.repeat((labels > 0).astype(np.uint8)[..., None] * 200, 3, axis=2)

    class OnlyLarge(ScriptedPredictor):
        def instances(self, outputs):
            found = super().instances(outputs)
            if len(outputs) > 64:
                return found
            found = found.copy()
            found[:, 1::2] = 0  # half of each cell
            return found

    image = AnnotatedImage(rgb, labels, distance_map(labels))
    start = InstanceSettings(min_area=0, smoothing=0.5)
    predictor = OnlyLarge(CellsFacts(diameter=9.0, instances=start), plateau_network)
    assert start.second_pass == 0.0
    assert tune_instance_settings(predictor, [image], lambda: False).second_pass > 8.0


def test_semantic_tuning_finds_the_threshold_between_cell_and_background():
    labels = np.zeros((32, 32), np.int32)
    labels[:, 16:] = 1

    def doubtful(rgb):
        sure = np.where(labels > 0, 0.95, 0.42)  # the background is likely, too
        return np.stack([sure, 0 * sure, sure], axis=-1)

    image = AnnotatedImage(np.zeros((32, 32, 3), np.uint8), labels, distance_map(labels))
    start = InstanceSettings(foreground=0.3, min_area=0, min_score=0.0)
    predictor = ScriptedPredictor(CellsFacts(target="semantic", instances=start), doubtful)
    best = tune_instance_settings(predictor, [image], lambda: False)
    assert best.foreground > 0.42
    semantic = CellsFacts(target="semantic", instances=best)
    scores, chosen_by = score(predictor.with_facts(semantic), [image])
    assert scores["val_iou"] == chosen_by == 1.0
    assert tune_instance_settings(predictor, [image], lambda: True) == start
