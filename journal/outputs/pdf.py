"""The issue and the single article as PDF, in the journal's own design: templates/journal/pdf."""

from datetime import datetime

from journal.covers import felt_of
from journal.models import Article
from journal.outputs.content import Content, article_content
from journal.outputs.texts import hyphenated
from publishing.pdf import fingerprint, mark_svg, render_pdf, render_png
from publishing.pdf.keeping import kept
from publishing.pdf.trees import words
from themes.ornament import FELTS, cover_svg, edge_svg, felt

ISSUE, ARTICLE, COVER = "journal/pdf/issue.typ", "journal/pdf/article.typ", "journal/pdf/cover.typ"
#: The cover's band of felt: 96 units a square, three rows, as wide as the page.
BAND = {"width": 1200, "height": 720}
#: What is set in narrow columns.
HYPHENATED = ("body", "sources")
#: Letters of a text that needs no page of its own.
BRIEF = 1800


def issue_pdf(content: Content, language: str, *, made_at: datetime | None = None) -> bytes:
    """Every page of the edition; cover first."""
    data = drawn(content.data, language)
    return render_pdf(
        ISSUE,
        data,
        language=language,
        title=f"{data['journal']}, {data['number']}, {data['months']}",
        made_at=made_at,
        pictures=content.files,
    )


def cover_png(content: Content, language: str, *, ppi: float = 110) -> bytes:
    """The first page as a picture."""
    return render_png(
        COVER, drawn(content.data, language), language=language, ppi=ppi, pictures=content.files
    )


def drawn(data: dict, language: str) -> dict:
    """The data with what the drawing alone needs: felt, colour, syllables."""
    position, oblast, seed = felt_of(data["overall"])
    colour = felt(position)
    return data | {
        "accent": colour,
        "edge": edge_svg(colour, width=960),
        "felt": cover_svg(position, oblast, seed, **BAND),
        "mark": mark_svg(),
        "articles": [parted(article, language) for article in data["articles"]],
    }


def parted(article: dict, language: str) -> dict:
    """The article with syllables, and with the sign of its end behind the last word."""
    shown = article | {name: hyphenated(article[name], language) for name in HYPHENATED}
    shown["is_brief"] = is_brief(article)
    if shown["body"] and shown["body"][-1]["tag"] == "p":
        *blocks, last = shown["body"]
        sign = {"tag": "end", "children": []}
        shown["body"] = [*blocks, last | {"children": [*last["children"], sign]}]
    return shown


def is_brief(article: dict) -> bool:
    """Whether it may share a page with others: short, without a picture."""
    has_picture = article["picture"] or any(node["tag"] == "figure" for node in article["body"])
    return not has_picture and len(words(article["body"])) <= BRIEF


def article_pdf(article: Article, language: str) -> bytes:
    """One article on pages of its own; drawn once and kept until it changes."""
    content = article_content(article, language)
    colour = FELTS[(article.rubric.position if article.rubric else 0) % len(FELTS)]
    data = parted(content.data, content.data["language"]) | {
        "accent": colour,
        "edge": edge_svg(colour, width=960),
        "mark": mark_svg(),
    }
    shown = data | {"pictures": [picture.sha256 for picture in content.pictures.values()]}
    return kept(
        "article",
        f"{article.uuid}-{language}",
        fingerprint(ARTICLE, shown),
        "pdf",
        lambda: render_pdf(
            ARTICLE,
            data,
            language=data["language"],
            title=data["title"],
            made_at=article.updated_at,
            pictures=content.load().files,
        ),
    )
