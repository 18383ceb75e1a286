"""The stylesheet and the signs: contrast, weight, and what every browser must be able to read."""

import gzip
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from themes import ornament

STATIC = Path(__file__).parent.parent / "static"
CSS = (STATIC / "css" / "portal.css").read_text("utf-8")
LIGHT, DARK = CSS.split("@media screen and (prefers-color-scheme: dark)", 1)
DARK = DARK.split("\n}", 1)[0]
TEXT = ("ink", "soft", "madder", "indigo", "sky", "walnut", "good")
GROUNDS = ("wool", "card", "sunk")


def tokens(part: str) -> dict[str, str]:
    return dict(re.findall(r"^ +--([\w-]+): (#[0-9a-f]{6});", part, re.M))


SCHEMES = {"light": tokens(LIGHT), "dark": tokens(LIGHT) | tokens(DARK)}


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def hues(scheme: str) -> dict[str, str]:
    """The five theme colours of a scheme: number → --hue."""
    blocks = re.findall(r"\.hue-(\d) \{ --hue: (#[0-9a-f]{6})", CSS)
    return dict(blocks[:5] if scheme == "light" else blocks[5:])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("name", TEXT)
def test_text_has_contrast_aa(scheme, ground, name):
    palette = SCHEMES[scheme]
    assert contrast(palette[name], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_controls_and_hues_have_contrast(scheme):
    palette = SCHEMES[scheme]
    for ground in ("wool", "card"):
        assert contrast(palette["edge"], palette[ground]) >= 3
    assert contrast("#fffaf0", palette["button"]) >= 4.5
    assert contrast(palette["ink"], palette["land"]) >= 4.5
    assert len(hues(scheme)) == 5
    for colour in hues(scheme).values():
        assert contrast(colour, palette["wool"]) >= 4.5
        assert contrast(colour, palette["card"]) >= 4.5
        assert contrast(palette["on-hue"], colour) >= 4.5


def test_hues_are_the_felts():
    assert tuple(hues("light").values()) == ornament.FELTS


def test_stylesheet_is_light():
    assert len(gzip.compress(CSS.encode(), 9)) <= 7_000


def test_stylesheet_reads_in_browsers_of_2018():
    for novelty in (":has(", ":is(", ":where(", "@layer", "@container", "color-mix(", "clamp("):
        assert novelty not in CSS
    assert "http://" not in CSS
    assert "data:" not in CSS


def test_stylesheet_braces_are_even():
    assert CSS.count("{") == CSS.count("}")


def test_display_face_is_small_and_free():
    assert (STATIC / "fonts" / "golos-text-600.woff2").stat().st_size <= 14 * 1024
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text("utf-8")
    assert "font-display: swap" in CSS


def test_mark_is_one_drawing(settings):
    """The page's mark, the printed one: the same lines."""
    lines = {
        re.search(r'<path stroke-width[^>]* d="([^"]+)"', path.read_text("utf-8")).group(1)
        for path in (
            STATIC / "img" / "mark.svg",
            settings.BASE_DIR / "templates" / "components" / "mark.html",
        )
    }
    assert len(lines) == 1
    for name in ("mark.svg", "favicon.svg", "edge.svg"):
        ET.fromstring((STATIC / "img" / name).read_text("utf-8"))  # noqa: S314  our own drawing


@pytest.mark.parametrize("size", [192, 512])
def test_app_icon_has_its_size(size):
    with Image.open(STATIC / "img" / f"icon-{size}.png") as icon:
        assert icon.size == (size, size)
