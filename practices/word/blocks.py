"""Paragraphs and tables of a document, and their text as a plain field keeps it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass
class Paragraph:
    """heading: level from 1, 0 for the title of the document, None for text.

    item: "-" or "1" for an item that the program numbers, "typed" for one numbered by hand.
    bold: the words in bold at its beginning, all of them when is_bold.
    """

    text: str
    heading: int | None = None
    item: str = ""
    bold: str = ""

    @property
    def is_bold(self) -> bool:
        return bool(self.text) and self.bold.strip() == self.text


@dataclass
class Cell:
    column: int
    blocks: list["Paragraph | Table"]

    @property
    def text(self) -> str:
        return "\n".join(words(self.blocks))


@dataclass
class Table:
    rows: list[list[Cell]]


Block = Paragraph | Table


def words(blocks: list[Block]) -> Iterator[str]:
    """The text of the blocks, line by line, tables cell by cell."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.text
        else:
            for row in block.rows:
                for cell in row:
                    yield from words(cell.blocks)


def as_text(blocks: Iterable[Block]) -> str:
    """Plain text: an empty line between paragraphs, items of a list line by line."""
    parts: list[str] = []
    last = ""
    count = 0
    for block in blocks:
        if isinstance(block, Table):
            text, kind = table_text(block), "table"
        else:
            text, kind = block.text, block.item
            count = count + 1 if kind == last == "1" else 1
            if kind in {"-", "1"}:
                text = f"{'-' if kind == '-' else f'{count}.'} {text}"
        if not text:
            continue
        if parts:
            parts.append("\n" if kind and kind == last and kind != "table" else "\n\n")
        parts.append(text)
        last = kind
    return "".join(parts)


def table_text(table: Table) -> str:
    rows = (" | ".join(filter(None, (one_line(cell.blocks) for cell in row))) for row in table.rows)
    return "\n".join(filter(None, rows))


def one_line(blocks: Iterable[Block]) -> str:
    return " ".join(" ".join(words(list(blocks))).split("\n")).strip()


def is_blank(text: str) -> bool:
    """A line to fill in by hand that nobody filled in."""
    return not text.strip(" _.…\u00a0\n\t")
