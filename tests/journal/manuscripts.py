"""Documents as authors write them, for the tests of Word."""

import io

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image

W = nsdecls("w")
OTHER_NAMES = {
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
}
NAMES = nsdecls("w", "r", "wp", "a", "pic", "m", "c") + "".join(
    f' xmlns:{prefix}="{address}"' for prefix, address in OTHER_NAMES.items()
)


def named(markup: str) -> str:
    """The markup with the namespaces of Word named in its first element."""
    end = min(
        place for place in (markup.find(">"), markup.find(" "), markup.find("/")) if place > 0
    )
    return f"{markup[:end]} {NAMES}{markup[end:]}"


def picture(colour="navy", kind="PNG", size=(320, 200)) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    out.seek(0)
    return out


class Manuscript:
    """A document as authors write them, footnotes and numbering in parts of their own."""

    def __init__(self):
        self.document = Document()
        self.notes: list[str] = []
        #: Addresses that the notes name by rId1, rId2…
        self.note_links: list[str] = []

    def text(self, words="", style=None):
        return self.document.add_paragraph(words, style=style)

    def note(self, paragraph, words: str):
        """A footnote at the end of the paragraph; words may hold runs of XML."""
        number = len(self.notes) + 1
        runs = words if words.startswith("<w:") else f"<w:r><w:t>{words}</w:t></w:r>"
        self.notes.append(
            f'<w:footnote w:id="{number}"><w:p><w:r><w:footnoteRef/></w:r>{runs}</w:p></w:footnote>'
        )
        run = paragraph.add_run()
        run._r.append(parse_xml(f'<w:footnoteReference {W} w:id="{number}"/>'))
        return paragraph

    def numbered(self, words: str, number: int, level: int = 0):
        paragraph = self.text(words, "List Paragraph")
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = number
        return paragraph

    def new_list(self, *kinds: str) -> int:
        numbering = self.document.part.numbering_part.element
        number = 900 + len(numbering)
        levels = "".join(
            f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{kind}"/></w:lvl>'
            for level, kind in enumerate(kinds)
        )
        numbering.insert(
            0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="{number}">{levels}</w:abstractNum>')
        )
        return numbering.add_num(number).numId

    def xml(self, markup: str):
        """Put markup at the end of the body; its prefixes are those of Word."""
        self.document.element.body.insert_element_before(parse_xml(named(markup)), "w:sectPr")

    def bytes(self) -> bytes:
        if self.notes:
            root = (
                f'<w:footnotes {NAMES}><w:footnote w:type="separator" w:id="-1"><w:p><w:r>'
                "<w:separator/></w:r></w:p></w:footnote>" + "".join(self.notes) + "</w:footnotes>"
            )
            main = self.document.part
            part = Part(
                PackURI("/word/footnotes.xml"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
                root.encode(),
                main.package,
            )
            for address in self.note_links:
                part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            main.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()
