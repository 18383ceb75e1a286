"""The felt is drawn by rule, is small, and says nothing a strict CSP would refuse."""

import re
from xml.etree import ElementTree as ET

import pytest

from themes import ornament

POSITIONS = range(1, 16)
OBLASTS = (2, 3, 4, 5, 6, 7, 8, 11, 21)
SVG = "{http://www.w3.org/2000/svg}"


def assert_plain(drawing: str):
    """Well-formed, no style, script, handler or address; every reference has its target."""
    root = ET.fromstring(drawing)  # noqa: S314  our own drawing
    ids, references = [], []
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {"svg", "g", "path", "use", "defs", "pattern"}
        for name, value in element.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            if name == "id":
                ids.append(value)
            references += re.findall(r"url\(#(\w+)\)", value)
            if name == "href":
                assert value.startswith("#")
                references.append(value[1:])
    assert len(ids) == len(set(ids))
    assert set(references) <= set(ids)
    assert "nan" not in drawing
    assert "e-" not in drawing


def test_each_theme_has_its_own_emblem():
    emblems = [ornament.motif_svg(position) for position in POSITIONS]
    assert len(set(emblems)) == len(emblems)
    assert len({(cut.arm, cut.corner, cut.heart) for cut in ornament.THEMES}) == len(emblems)


@pytest.mark.parametrize("position", POSITIONS)
def test_emblem_is_small_and_plain(position):
    drawing = ornament.motif_svg(position)
    assert len(drawing.encode()) <= 660
    assert_plain(drawing)


@pytest.mark.parametrize("oblast", OBLASTS)
@pytest.mark.parametrize("position", POSITIONS)
def test_cover_is_small_and_plain(position, oblast):
    drawing = ornament.cover_svg(position, oblast, position * oblast)
    assert len(drawing.encode()) <= 3000
    assert_plain(drawing)


def test_cover_is_the_same_for_the_same_record():
    assert ornament.cover_svg(4, 2, 17) == ornament.cover_svg(4, 2, 17)


def test_cover_tells_theme_oblast_and_record_apart():
    base = ornament.cover_svg(4, 2, 1)
    assert base != ornament.cover_svg(5, 2, 1)
    assert base != ornament.cover_svg(4, 6, 1)
    assert len({ornament.cover_svg(4, 2, seed) for seed in range(12)}) >= 8


def test_cover_is_the_same_on_both_sides():
    for seed in range(12):
        cells = ornament._field(6, 2, seed)
        for places in cells.values():
            assert {(-x, y) for x, y in places} == set(places)


def test_covers_of_any_place_and_size_are_drawn():
    for width, height in ((640, 360), (1200, 190), (1200, 630), (300, 300)):
        assert_plain(ornament.cover_svg(99, 99, 0, width=width, height=height))


def test_border_of_horns_is_one_line_for_both_felts():
    """Turned around its middle, the line is itself: figure and ground are equal."""
    numbers = ornament._THERE
    arcs = [numbers[n : n + 7] for n in range(0, len(numbers), 7)]
    # Half a turn, walked from the other end: the order is reversed and every bend changes side.
    turned = [(*arc[:4], 1 - arc[4], *arc[5:]) for arc in reversed(arcs)]
    assert turned == arcs
    assert sum(arc[5] for arc in arcs) * 2 == ornament.HORNS.width
    # The way back is the mirror of the way there.
    assert tuple(number for arc in reversed(arcs) for number in arc) == ornament._BACK


def test_edge_of_the_stylesheet_is_the_drawn_one(settings):
    committed = (settings.BASE_DIR / "static" / "img" / "edge.svg").read_text("utf-8")
    assert committed.strip() == ornament.edge_svg("#000", width=ornament.HORNS.width)
    assert_plain(committed)


def test_hue_is_one_of_the_classes():
    assert {ornament.hue(position) for position in POSITIONS} == {1, 2, 3, 4, 5}
