"""Rich text: one field class, one allow-list, cleaned on every way into the database."""

import re
from html import unescape
from itertools import groupby

import nh3
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField

#: What the editor's buttons make and what the sanitiser lets through: the same list.
EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Subscript": True,
    "Superscript": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}
TAGS = {
    "p", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "sub", "sup", "a", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "th": {"colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
#: Beside that, what an article of the journal may hold: figures with captions, pull quotes, boxes,
#: footnotes where they belong in the text.
ARTICLE_CLASSES = {"blockquote": {"pull", "box"}, "span": {"footnote"}}
ARTICLE_TAGS = TAGS | {"figure", "figcaption", "img", "span"}
ARTICLE_EXTENSIONS = EXTENSIONS | {
    "Figure": True,
    "Caption": True,
    "Image": True,
    "NodeClass": {
        "cssClasses": {
            "blockquote": {
                "title": _("Quotation"),
                "cssClasses": [
                    {"className": "pull", "title": _("pull quote")},
                    {"className": "box", "title": _("box")},
                ],
            }
        }
    },
    "TextClass": {"cssClasses": [{"className": "footnote", "title": _("footnote")}]},
}
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
    clean_content_tags={"script", "style", "template", "iframe", "svg", "math", "noscript"},
)

_article_cleaner = nh3.Cleaner(
    tags=ARTICLE_TAGS,
    attributes=ATTRIBUTES | {"img": {"src", "alt", "width", "height"}},
    allowed_classes=ARTICLE_CLASSES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
    clean_content_tags={"script", "style", "template", "iframe", "svg", "math", "noscript"},
)
#: A picture of an article comes from the portal itself, never from another host.
FOREIGN_PICTURE = re.compile(r'<img(?![^>]*\bsrc="/media/)[^>]*>')
EMPTY_FIGURE = re.compile(r"<figure>\s*(<figcaption>\s*</figcaption>)?\s*</figure>")


def clean_html(html: str) -> str:
    """Return the text with nothing in it but the allowed tags and attributes."""
    cleaned = _cleaner.clean(html.replace("<b>", "<strong>").replace("</b>", "</strong>"))
    # An editor's empty document is one empty paragraph; an empty field is an empty string.
    return "" if not plain_text(cleaned) else cleaned.strip()


def clean_article(html: str) -> str:
    """The same for the text of an article, with figures, footnotes, pull quotes and boxes."""
    cleaned = _article_cleaner.clean(html.replace("<b>", "<strong>").replace("</b>", "</strong>"))
    cleaned = EMPTY_FIGURE.sub("", FOREIGN_PICTURE.sub("", cleaned))
    return "" if not plain_text(cleaned) and "<img" not in cleaned else cleaned.strip()


def plain_text(html: str) -> str:
    """The words alone, blocks on lines of their own: for excerpts, mail, search, WhatsApp."""
    text = re.sub(r"</(p|h2|h3|li|tr|blockquote|figcaption)>|<br\s*/?>", "\n", html)
    text = unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def paragraphs_to_html(text: str) -> str:
    """Plain text of an import as paragraphs; what already is markup is cleaned."""
    if re.search(r"<(p|ul|ol|h2|h3|br|table|blockquote)\b", text, re.IGNORECASE):
        return clean_html(text)
    if not re.search(r"</?(b|i|strong|em|a|sub|sup|div|span)\b[^<>]*>", text, re.IGNORECASE):
        text = escape(text)
    text = re.sub(r"</?div\b[^<>]*>", "\n\n", text.replace("\r\n", "\n"), flags=re.IGNORECASE)
    blocks = (block.strip().replace("\n", "<br>") for block in re.split(r"\n\s*\n", text.strip()))
    return clean_html("".join(f"<p>{block}</p>" for block in blocks))


#: A line of a list as people type it: «- water», «1. water».
ITEM = re.compile(r"(?:[-–•*]|(\d{1,2})[.)])\s+(.+)")


def _kind_of_line(line: str) -> str:
    found = ITEM.match(line)
    return ("ol" if found[1] else "ul") if found else "p"


def typed_to_html(text: str) -> str:
    """What a person typed into a plain field: blank lines part paragraphs, «- » and «1. » make lists.

    Nothing typed is taken for markup.
    """
    html = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = filter(None, (line.strip() for line in block.split("\n")))
        for kind, group in groupby(lines, _kind_of_line):
            if kind == "p":
                html.append(f"<p>{'<br>'.join(map(escape, group))}</p>")
            else:
                items = "".join(f"<li>{escape(ITEM.match(line)[2])}</li>" for line in group)
                html.append(f"<{kind}>{items}</{kind}>")
    return clean_html("".join(html))


def html_to_typed(html: str) -> str:
    """The way back, for a plain field: what a list or a paragraph cannot say in plain text is lost."""

    def numbered(found):
        numbers = iter(range(1, 1000))
        return re.sub(r"<li>", lambda _li: f"<li>{next(numbers)}. ", found[0])

    html = re.sub(r"<li>\s*<p>", "<li>", re.sub(r"</p>\s*</li>", "</li>", html))
    text = re.sub(r"<ol[^>]*>.*?</ol>", numbered, html, flags=re.DOTALL)
    text = re.sub(r"<li>(?!\d+\. )", "<li>- ", text)
    text = re.sub(r"</?li>", "\n", text)
    text = re.sub(r"</t[dh]>\s*<t[dh][^>]*>", " | ", text)
    text = re.sub(r"<br\s*/?>|</tr>", "\n", text)
    text = re.sub(r"</?(p|h2|h3|ul|ol|table|blockquote)\b[^>]*>", "\n\n", text)
    text = unescape(re.sub(r"<[^>]+>", "", text)).replace("\xa0", " ")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    blocks = re.split(r"\n{3,}|\n\n", "\n".join(lines))
    kept = ["\n".join(filter(None, block.split("\n"))) for block in blocks]
    joined = "\n\n".join(filter(None, kept))
    # Items of one list stand line by line, without blank lines between them.
    return re.sub(r"(?m)^((?:-|\d+\.) [^\n]+)\n\n(?=(?:-|\d+\.) )", r"\1\n", joined)


class RichTextField(ProseEditorField):
    """Formatted text, cleaned on every way into the database: forms, imports, shells, bulk_create,
    bulk_update and update() alike pass get_db_prep_save. pre_save lets the instance know what was kept.
    """

    def __init__(self, *args, **kwargs):
        self.cleaner = kwargs.pop("cleaner", clean_html)
        kwargs.setdefault("extensions", EXTENSIONS)
        kwargs.setdefault("sanitize", self.cleaner)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance, add):
        value = getattr(model_instance, self.attname)
        if value:
            value = self.cleaner(value)
            # Not setattr: the bare field of a pair reads with fallback, and setting it would write
            # one language's text into the column of the other.
            model_instance.__dict__[self.attname] = value
        return value

    def get_db_prep_save(self, value, connection):
        if isinstance(value, str) and value:
            value = self.cleaner(value)
        return super().get_db_prep_save(value, connection)
