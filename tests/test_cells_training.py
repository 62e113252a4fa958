import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.schedule import scheduled_rate
from cellseg.methods.cells.trainer import (
    cell_areas,
    initial_instance_settings,
    min_cell_area,
    with_second_pass,
)
from cellseg.methods.cells.validation_split import split_validation
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from tests.fake_networks import squares_predictor


def test_the_learning_rate_has_a_warm_up_and_a_decay():
    assert scheduled_rate(1e-3, 0, 0.0) == pytest.approx(1e-5)
    assert scheduled_rate(1e-3, 99, 0.0) == pytest.approx(1e-3)
    assert scheduled_rate(1e-3, 500, 0.5) == pytest.approx(1e-3 * (0.01 + 0.99 / 2))
    assert scheduled_rate(1e-3, 500, 1.0) == pytest.approx(1e-5)


def test_planes_of_a_file_are_not_split_between_training_and_validation():
    names = [f"file{number}_z{plane:02d}" for number in range(8) for plane in range(3)]
    training, validation = split_validation(names, 0.15)
    assert len(validation) == 3
    assert {name[:5] for name in training}.isdisjoint({name[:5] for name in validation})
    assert sorted([*training, *validation]) == names


def test_few_images_have_no_validation_images():
    assert split_validation(["a", "b", "c"], 0.15) == (("a", "b", "c"), ())


def test_training_images_without_cells_are_refused():
    empty = AnnotatedImage(
        np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.int32), np.zeros((4, 4), np.float32)
    )
    with pytest.raises(CellsegError, match="No training image has a cell"):
        cell_areas([empty])
    assert min_cell_area(np.array([40] * 10)) == 20


def test_validation_and_tuning_use_a_second_pass():
    instances = with_second_pass(squares_predictor(CellsFacts())).facts.instances
    assert (instances.second_pass, instances.second_pass_below) == (36.0, 22.0)
    semantic = CellsFacts(target="semantic")
    assert with_second_pass(squares_predictor(semantic)).facts == semantic


def test_a_semantic_segmentation_keeps_improbable_components_before_tuning():
    areas = np.array([40, 50, 60])
    assert initial_instance_settings("semantic", areas) == InstanceSettings(
        min_area=20, min_score=0.0
    )
    assert initial_instance_settings("instances", areas) == InstanceSettings(min_area=20)
