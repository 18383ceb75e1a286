"""The package for the layout designer: each article as HTML, its pictures as they were handed in."""

import io
import zipfile

from journal.outputs.content import Content
from journal.outputs.epub import Writer, add, page, put, write_article, written

STYLE = """\
body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 1rem/1.5 Georgia, serif; }
h1, h2, h3, .rubric, .authors, figcaption, table, .box, .pull, .more { font-family: sans-serif; }
.pull { border-top: 3px solid; border-bottom: 1px solid; font-weight: bold; font-size: 1.2em; }
.box { background: #f5f0e6; border-top: 3px solid; padding: .5em 1em; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; } th, td { border: 1px solid #999; padding: .2em .5em; text-align: left; }
aside.note { font-size: .85em; }
"""


def issue_package(content: Content, language: str) -> bytes:
    """index.html, articles in print order, pictures with names that tell where they stand."""
    data = content.data
    names = picture_names(data)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        put(archive, "style.css", STYLE.encode())
        put(archive, "index.html", index(data, language))
        for number, article in enumerate(data["articles"], 1):
            put(
                archive, article_name(number, article), article_page(article, data, language, names)
            )
        for stored, name in names.items():
            picture = content.pictures[stored]
            with picture.file.storage.open(picture.file.name) as handle:
                put(archive, f"pictures/{name}", handle.read(), zipfile.ZIP_STORED)
    return out.getvalue()


def article_name(number: int, article: dict) -> str:
    return f"{number:02}-{article['slug']}.html"


def picture_names(data: dict) -> dict[str, str]:
    """«03-clean-water-2.jpg» for each stored picture, in the order of the text; the cover first."""
    names = {data["cover"]["file"]: "00-cover.jpg"} if data["cover"]["file"] else {}
    for number, article in enumerate(data["articles"], 1):
        shown = [article["picture"]] if article["picture"] else []
        shown += [node for node in article["body"] if node["tag"] == "figure"]
        files = dict.fromkeys(node["file"] for node in shown)
        for place, file in enumerate(files, 1):
            names[file] = f"{number:02}-{article['slug']}-{place}.jpg"
    return names


def article_page(article: dict, data: dict, language: str, names: dict[str, str]) -> bytes:
    html, body = page(article["title"], language)
    writer = Writer(data["labels"]["back"], names.__getitem__)
    write_article(add(body, "article"), article, data["labels"], writer)
    return written(html)


def index(data: dict, language: str) -> bytes:
    """The contents, and who stands beside which article."""
    title = f"{data['journal']}, {data['number']}, {data['months']}"
    html, body = page(title, language)
    add(body, "h1", title)
    add(body, "p", data["theme"], class_="lead")
    for line in [*data["lead"], *data["imprint"]]:
        add(body, "p", line)
    for row in data["team"]:
        add(body, "p", f"{row['task']}: {row['name']}")
    for row in data["copies"]:
        add(body, "p", f"{row['group']}: {row['number']}")
    items = add(body, "ol")
    for number, article in enumerate(data["articles"], 1):
        item = add(items, "li")
        add(item, "a", article["title"], href=article_name(number, article))
        told = [article["rubric"], *(author["name"] for author in article["authors"])]
        add(item, "p", ", ".join(part for part in told if part), class_="more")
    return written(html)
