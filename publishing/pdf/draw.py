"""Draws one template in a process of its own: job as JSON on stdin, file on stdout.

Typst keeps what it has laid out in memory, some 200 MB after a few sheets. A process that ends
gives it back, and a template that fails or never ends takes nobody along.
"""

import json
import sys
from pathlib import Path

import typst


def draw(job: dict) -> bytes:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]]
    )
    return typst.compile(
        Path(job["template"]),
        root=Path(job["root"]),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(job["page"], ensure_ascii=False)},
        **job["options"],
    )


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(draw(json.load(sys.stdin)))
    except typst.TypstError as error:
        sys.exit(error.diagnostic)
