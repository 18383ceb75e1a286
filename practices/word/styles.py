"""What every Word document of the portal is set with: its typeface, its language, page numbers."""

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

LOCALES = {"ky": "ky-KG", "ru": "ru-RU"}


def set_typeface(style, name: str) -> None:
    """The typeface of a style for every script, whatever the theme of the document says."""
    style.font.name = name
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)


def set_language(style, language: str) -> None:
    """In which language programs spell and hyphenate; language: «ky» or «ru»."""
    tongue = OxmlElement("w:lang")
    tongue.set(qn("w:val"), LOCALES[language])
    style.element.get_or_add_rPr().append(tongue)


def add_page_number(paragraph) -> None:
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text or None
        run._r.append(element)  # noqa: SLF001
