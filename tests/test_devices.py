"""One device or several: what a training computes on, and that they learn the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from cellseg.training import devices

ROOT = Path(__file__).parent.parent


def test_the_largest_number_of_devices_that_divides_a_batch_is_used():
    four = ["GPU:0", "GPU:1", "GPU:2", "GPU:3"]
    assert devices.devices_for_batch(four, 8) == four
    assert devices.devices_for_batch(four, 6) == four[:3]
    assert devices.devices_for_batch(four, 1) == four[:1]
    assert devices.devices_for_batch([], 8) == []


def test_devices_are_described():
    assert devices.describe_devices([]) == "CPU"
    assert devices.describe_devices(["CPU:0"]) == "CPU"
    assert devices.describe_devices(["CPU:0", "CPU:1"]) == "2 x CPU"


def test_a_gpu_is_described_by_its_name_and_allocates_memory_as_needed(monkeypatch):
    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a", "b"])
    config = tf.config.experimental
    monkeypatch.setattr(config, "set_memory_growth", lambda gpu, on: grown.append((gpu, on)))
    monkeypatch.setattr(config, "get_device_details", lambda gpu: {"device_name": "NVIDIA L4"})
    assert devices.available_gpus() == ["GPU:0", "GPU:1"]
    assert grown == [("a", True), ("b", True)]
    assert devices.describe_devices(["GPU:0"]) == "NVIDIA L4"
    assert devices.describe_devices(["GPU:0", "GPU:1"]) == "2 x NVIDIA L4"


def test_one_device_needs_no_strategy():
    assert devices.distribution_strategy([]) is tf.distribute.get_strategy()
    assert devices.distribution_strategy(["CPU:0"]) is tf.distribute.get_strategy()


@pytest.mark.slow
def test_two_devices_train_the_same_weights_as_one():
    """With and without clipping: gradients of parts of a batch add up to those of the whole."""
    command = [sys.executable, "-m", "tests.two_devices", "compare"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    free, clipped = json.loads(done.stdout.splitlines()[-1])
    assert clipped["length"] < free["length"] / 2
    for found in (free, clipped):
        assert found["length"] > 1e-4
        assert found["gap"] < 1e-3 * found["length"]
