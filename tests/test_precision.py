import numpy as np
import pytest
import tensorflow as tf

from cellseg.network import precision


def product(kind):
    """Two matrices of 200 x 200 whose products are added up in float32, and then rounded."""
    left, right = np.random.default_rng(0).standard_normal((2, 200, 200)).astype(np.float32)
    exact = rounded(left) @ rounded(right)
    return [exact if kind == tf.float32 else rounded(exact)]


def product_added_up_in_bfloat16(kind):
    if kind == tf.float32:
        return product(kind)
    left, right = np.random.default_rng(0).standard_normal((2, 200, 200)).astype(np.float32)
    total = np.zeros((200, 200), np.float32)
    for column, row in zip(rounded(left).T, rounded(right), strict=True):
        total = rounded(total + rounded(np.outer(column, row)))
    return [total]


def rounded(values):
    return tf.cast(tf.cast(values, tf.bfloat16), tf.float32).numpy()


def with_a_nan(kind):
    [values] = product(kind)
    if kind == tf.bfloat16:
        values[0, 0] = np.nan
    return [values]


def test_rounding_once_is_accurate_and_adding_up_in_bfloat16_is_not():
    assert precision.accurate(product)
    assert not precision.accurate(product_added_up_in_bfloat16)
    assert not precision.accurate(with_a_nan)


def test_one_inaccurate_result_of_several_is_enough():
    def several(kind):
        return [*product(kind), *product_added_up_in_bfloat16(kind)]

    assert not precision.accurate(several)


def test_the_convolutions_are_those_of_both_kinds_and_their_gradients():
    found = precision.convolutions(tf.float32)
    assert [array.shape for array in found] == [
        (2, 32, 32, 128),
        (2, 32, 32, 128),
        (3, 3, 128, 128),
        (2, 32, 32, 128),
        (2, 32, 32, 128),
        (3, 3, 128, 1),
    ]
    assert precision.accurate(lambda kind: precision.convolutions(tf.float32))


@pytest.mark.parametrize(
    ("faster", "accurate", "expected"),
    [
        (True, True, "bfloat16"),
        (True, False, "float32"),
        (False, True, "float32"),
    ],
)
def test_bfloat16_must_be_both_faster_and_accurate(monkeypatch, faster, accurate, expected):
    seconds = {tf.float32: 1.0, tf.bfloat16: 0.5 if faster else 1.0}
    monkeypatch.setattr(precision, "_seconds", seconds.get)
    monkeypatch.setattr(precision, "accurate", lambda computed: accurate)
    assert precision.chosen("auto") == expected
    assert precision.chosen("bfloat16") == "bfloat16"
