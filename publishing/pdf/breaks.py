"""Takes the places where a word may break out of the text layer of a PDF.

Typst writes a soft hyphen or a zero-width space that was not used into the text that readers copy,
search and listen to. What stands at the end of a line stays: it is drawn.
"""

import re
import zlib

#: Hexadecimal text of a letter with what may follow it, in a table of glyphs or beside a glyph.
WITH_BREAKS = re.compile(rb"<((?:[0-9A-F]{4})+)(?:00AD|200B)>")
STREAM = re.compile(rb"<<[^\0]{0,400}?/Length (\d+)[^\0]{0,400}?>>\s*stream\r?\n", re.DOTALL)
TRAILER = re.compile(rb"trailer\s*<<.*?>>\s*startxref\s*(\d+)\s*%%EOF\s*$", re.DOTALL)
ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])")


def without_breaks(pdf: bytes) -> bytes:
    """The same file with clean text. One that is built in another way than Typst's is left alone."""
    trailer = TRAILER.search(pdf)
    if not trailer:
        return pdf
    start = int(trailer[1])
    entries = list(ENTRY.finditer(pdf, start, trailer.start()))
    used = sorted(
        (int(entry[1]), number) for number, entry in enumerate(entries) if entry[3] == b"n"
    )
    if not used or not pdf.startswith(b"xref", start):
        return pdf
    ends = [offset for offset, _number in used[1:]] + [start]
    pieces, place, offsets = [pdf[: used[0][0]]], used[0][0], {}
    for (offset, number), end in zip(used, ends, strict=True):
        body = cleaned(pdf[offset:end])
        offsets[number] = place
        place += len(body)
        pieces.append(body)
    table = bytearray(pdf[start : trailer.start()])
    for number, offset in offsets.items():
        at = entries[number].start() - start
        table[at : at + 10] = b"%010d" % offset
    end = pdf[trailer.start() :].replace(b"startxref\n%d" % start, b"startxref\n%d" % place)
    return b"".join([*pieces, bytes(table), end])


def cleaned(body: bytes) -> bytes:
    """One object of the file; a stream is unpacked and packed again where it holds breaks."""
    found = STREAM.search(body, 0, 1000)
    if not found or b"/FlateDecode" not in found[0] or b"/Subtype" in found[0]:
        return body
    size = int(found[1])
    content = zlib.decompress(body[found.end() : found.end() + size])
    clean = WITH_BREAKS.sub(
        lambda text: text[0] if text[1] == b"FEFF" else b"<%b>" % text[1], content
    )
    if clean == content:
        return body
    packed = zlib.compress(clean)
    head = body[: found.start(1)] + b"%d" % len(packed) + body[found.end(1) : found.end()]
    return head + packed + body[found.end() + size :]
