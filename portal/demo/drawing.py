"""Pictures of the demo, drawn here: a chart of bars with figures alone, a sign for an organisation."""

import io

from PIL import Image, ImageDraw, ImageFont

from themes.ornament import FELTS, INDIGO, OCHRE, SAND, WALNUT, WOOL

WIDTH, HEIGHT, MARGIN, FOOT = 1200, 720, 90, 100


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def bar_chart(bars: list[tuple[str, float]]) -> bytes:
    """PNG of bars (label under the bar, value above it); no words, so it serves both languages.

    The last bar has a colour of its own: it is what the text is about.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), WOOL)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(44)
    step = (WIDTH - 2 * MARGIN) / len(bars)
    room = HEIGHT - MARGIN - FOOT
    ground = HEIGHT - FOOT
    largest = max(value for _label, value in bars)
    for number in range(1, 5):
        y = ground - room * number / 4
        draw.line((MARGIN, y, WIDTH - MARGIN, y), fill=SAND, width=2)
    for number, (label, value) in enumerate(bars):
        left = MARGIN + step * (number + 0.18)
        right = MARGIN + step * (number + 0.82)
        top = ground - room * value / largest
        colour = OCHRE if number < len(bars) - 1 else INDIGO
        draw.rectangle((left, top, right, ground), fill=colour)
        middle = (left + right) / 2
        text = f"{value:,}".replace(",", " ").replace(".", ",")
        draw.text((middle, top - 10), text, font=font, fill=WALNUT, anchor="mb")
        draw.text((middle, ground + 20), label, font=font, fill=WALNUT, anchor="mt")
    draw.line((MARGIN, ground, WIDTH - MARGIN, ground), fill=WALNUT, width=4)
    return _png(image)


def sign(number: int) -> bytes:
    """PNG of a square of felt with a figure in it; each number gives another one."""
    ground, figure = FELTS[number % len(FELTS)], (OCHRE, WOOL, SAND)[number % 3]
    image = Image.new("RGB", (480, 480), ground)
    draw = ImageDraw.Draw(image)
    for ring in range(3):
        size = 200 - 70 * ring
        box = (240 - size, 240 - size, 240 + size, 240 + size)
        colour = figure if ring % 2 == 0 else ground
        draw.regular_polygon((240, 240, size), 3 + (number + ring) % 4, fill=colour)
        if number % 2:
            draw.arc(box, 0, 360, fill=figure, width=8)
    return _png(image)
