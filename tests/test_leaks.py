from cellseg.datasets.leaks import find_leaks
from cellseg.datasets.masks import MaskFacts
from cellseg.datasets.pairs import PairFacts


def pair(name, image_name, content):
    mask = MaskFacts((0, 255), 2, 255)
    return PairFacts(name, image_name, f"{name}_mask.png", 4, 4, 1, "uint8", content, "m", mask)


def test_the_same_image_on_both_sides_leaks():
    pairs = [pair("a", "a.png", "1"), pair("b", "b.png", "1"), pair("c", "c.png", "2")]
    (found,) = find_leaks(pairs, {"b"})
    assert (found.kind, found.train, found.test) == ("same image", ("a",), ("b",))
    assert not find_leaks(pairs, {"a", "b"})
    assert not find_leaks(pairs, {"c"})


def test_planes_of_one_file_on_both_sides_leak():
    pairs = [pair(str(n), f"x/stack 1.tif, plane {n}", str(n)) for n in range(3)]
    (found,) = find_leaks(pairs, {"2"})
    assert (found.kind, found.train, found.test) == ("planes of one file", ("0", "1"), ("2",))


def test_names_with_commas_are_no_planes():
    pairs = [pair("a", "day 1, a.tif", "1"), pair("b", "day 1, b.tif", "2")]
    assert not find_leaks(pairs, {"b"})
