"""An article's text and its translation, paragraph beside paragraph, and back into one text.

The translation gets the frame of the original: its headings, lists, tables, figures. What a
translator writes is the inside of each paragraph. Which paragraph belongs to which is told by the
digests kept in Article.translated_paragraphs: one for each paragraph of the original when the
translation followed it, with the signs below where it does not.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from lxml import etree
from lxml import html as lxml_html

from journal.body import PARAGRAPHS, tree_of
from publishing.languages import digest
from publishing.richtext import clean_article

#: Of a paragraph that is not translated yet; whose translation does not follow it; that only the
#: translation has.
ABSENT, BEHIND, EXTRA = "", "-", "+"
BLOCKS = {*PARAGRAPHS, "ul", "ol", "table", "blockquote", "figure"}
#: Elements whose own words may stand beside blocks.
HOLDERS = ("li", "td", "th", "blockquote")
PICTURE = re.compile(r"/media/journal\.articlepicture/([0-9a-f-]{36})/")


@dataclass(frozen=True)
class Row:
    """source, target: the inside of the paragraph as HTML, «» where that side has none.

    key: stands for the paragraph as long as the original keeps it. after: for what only the
    translation has, the place in the original it follows, -1 for the very start; else None.
    """

    key: str
    tag: str
    source: str
    target: str
    digest: str
    is_changed: bool
    after: int | None = None

    @property
    def is_missing(self) -> bool:
        return bool(self.source and not self.target)


def fingerprint(text: str) -> str:
    """Of a text with its markup: what a form was opened with."""
    return hashlib.blake2s(text.replace("\r\n", "\n").encode(), digest_size=8).hexdigest()


def rows(source: str, target: str, known: list[str]) -> list[Row]:
    """The paragraphs with words of both texts, in the order of the original.

    known: Article.translated_paragraphs.
    """
    left = [leaf for leaf in _leaves(framed(source)) if _words(leaf)]
    digests = [digest(_words(leaf)) for leaf in left]
    targets, extras = _aligned(source, left, digests, target, known)
    seen: Counter = Counter()
    found = [_extra(text, -1, seen) for after, text in extras if after < 0]
    for number, leaf in enumerate(left):
        mark = digests[number]
        found.append(
            Row(
                key=f"p-{mark}-{seen[mark]}",
                tag=leaf.tag,
                source=_inside(leaf),
                target=targets[number],
                digest=mark,
                is_changed=bool(targets[number] and known and mark not in known),
            )
        )
        seen[mark] += 1
        found += [_extra(text, number, seen) for after, text in extras if after == number]
    return found


def _extra(text: str, after: int, seen: Counter) -> Row:
    mark = fingerprint(text)
    seen[mark] += 1
    return Row(f"x-{mark}-{seen[mark]}", "p", "", text, "", is_changed=True, after=after)


def joined(source: str, texts: list[tuple[Row, str]], alts: dict[str, str] | None = None) -> str:
    """The translation: the frame of the original with each row's text in its place.

    texts: every row with what stands in it now, HTML of one paragraph or several. alts: what the
    pictures show, in the language of the translation, by uuid.
    """
    tree = framed(source)
    left = [leaf for leaf in _leaves(tree) if _words(leaf)]
    own = [_pieces(text) for row, text in texts if row.after is None]
    for number in reversed(range(len(left))):
        added = [piece for row, text in texts if row.after == number for piece in _pieces(text)]
        _add_after(_block_of(left[number]), added)
        _fill(left[number], own[number])
    start = [piece for row, text in texts if row.after == -1 for piece in _pieces(text)]
    for piece in reversed(start):
        tree.insert(0, _paragraph(piece))
    for image in tree.iter("img"):
        if found := PICTURE.match(image.get("src", "")):
            image.set("alt", (alts or {}).get(found[1], ""))
    return clean_article(_inside(tree))


def kept_digests(settled: list[tuple[Row, str, bool]]) -> list[str]:
    """What Article.translated_paragraphs says afterwards; the flag: the row follows the original."""
    kept = []
    for row, text, follows in settled:
        if row.after is not None:
            kept += [EXTRA] * len(_pieces(text))
        elif not _pieces(text):
            kept.append(ABSENT)
        else:
            # A paragraph written as several: the others are the translation's own.
            kept += [row.digest if follows else BEHIND]
            kept += [EXTRA] * (len(_pieces(text)) - 1 if row.tag == "p" else 0)
    return kept


# ---------------------------------------------------------------- the tree


def framed(html: str):
    """The text as a tree in which all words stand in paragraphs."""
    tree = tree_of(html)
    for holder in [tree, *tree.iter(*HOLDERS)]:
        is_quote = holder.tag == "blockquote" or holder is tree
        if is_quote or any(child.tag in BLOCKS for child in holder):
            _wrap_loose(holder)
    return tree


def _wrap_loose(holder) -> None:
    children = list(holder)
    run = _paragraph("")
    run.text, holder.text = holder.text, None
    for child in children:
        if child.tag in BLOCKS:
            tail, child.tail = child.tail, None
            if _words(run):
                child.addprevious(run)
            run = _paragraph("")
            run.text = tail
        else:
            run.append(child)
    if _words(run):
        holder.append(run)


def _leaves(tree) -> list:
    return [
        element
        for element in tree.iter(*PARAGRAPHS)
        if not any(True for _inner in element.iterdescendants(*PARAGRAPHS))
    ]


def _words(element) -> str:
    return " ".join(element.text_content().split())


def _inside(element) -> str:
    start = etree.Element("i")
    start.text = element.text
    text = etree.tostring(start, encoding="unicode", method="html")[3:-4]
    return text + "".join(lxml_html.tostring(child, encoding="unicode") for child in element)


def _paragraph(inside: str):
    return lxml_html.fragment_fromstring(inside, create_parent="p")


def _pieces(text: str) -> list[str]:
    """Insides of the paragraphs somebody wrote into one row."""
    tree = framed(clean_article(text))
    return [_inside(leaf) for leaf in _leaves(tree) if _words(leaf)]


def _fill(leaf, pieces: list[str]) -> None:
    for child in list(leaf):
        leaf.remove(child)
    leaf.text = None
    if leaf.tag == "p":
        first, *others = pieces or [""]
        _add_after(leaf, others)
    else:
        first = "<br>".join(pieces)
    filled = _paragraph(first)
    leaf.text = filled.text
    leaf.extend(list(filled))


def _add_after(block, pieces: list[str]) -> None:
    for piece in reversed(pieces):
        added = _paragraph(piece)
        added.tail, block.tail = block.tail, None
        block.addnext(added)


def _block_of(leaf):
    block = leaf
    while block.getparent() is not None and block.getparent().getparent() is not None:
        block = block.getparent()
    return block


# ---------------------------------------------------------------- which belongs to which


def _aligned(source, left, digests, target, known):
    """(text beside each paragraph, [(place, text)] of what only the translation has)."""
    tree = framed(target)
    right = [leaf for leaf in _leaves(tree) if _words(leaf)]
    texts = [_inside(leaf) for leaf in right]
    if known and len([mark for mark in known if mark != ABSENT]) == len(texts):
        waiting = iter(texts)
        before = ["" if mark == ABSENT else next(waiting) for mark in known]
        return _matched(known, digests, before)
    frames = [[leaf.tag for leaf in _leaves(each)] for each in (framed(source), tree)]
    if frames[0] == frames[1]:
        places = [bool(_words(leaf)) for leaf in _leaves(framed(source))]
        beside = [_inside(leaf) if _words(leaf) else "" for leaf in _leaves(tree)]
        own = [text for text, has_words in zip(beside, places, strict=True) if has_words]
        lost, number = [], -1
        for text, has_words in zip(beside, places, strict=True):
            number += has_words
            if text and not has_words:
                lost.append((number, text))
        return own, lost
    return _matched([leaf.tag for leaf in right], [leaf.tag for leaf in left], texts)


def _matched(before: list[str], now: list[str], texts: list[str]):
    """before, now: signs of the paragraphs; texts: beside each of before."""
    beside, extras = [""] * len(now), []
    matcher = SequenceMatcher(None, before, now, autojunk=False)
    for _kind, i1, i2, j1, j2 in matcher.get_opcodes():
        common = min(i2 - i1, j2 - j1)
        for step in range(common):
            beside[j1 + step] = texts[i1 + step]
        extras += [(j1 + common - 1, texts[i]) for i in range(i1 + common, i2) if texts[i]]
    return beside, extras
