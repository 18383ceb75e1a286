"""How long an issue of 25 articles takes as PDF and EPUB, and how much memory."""

import io
import os
import statistics
import threading
import time
from itertools import cycle

import psutil
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw
from pypdf import PdfReader

from journal.choices import ArticleStatus
from journal.models import Article, ArticlePicture, Author, Credit, Issue, IssueEdition
from journal.outputs.content import issue_content
from journal.outputs.epub import issue_epub
from journal.outputs.pdf import issue_pdf
from portal.bench import running
from portal.bench.table import BenchError, Output
from publishing.files import MAX_SIDE
from publishing.languages import LANGUAGES

ARTICLES, PAGES = 25, 48
#: Every third article has a picture above its text.
PICTURED = 3
#: How many texts of the demo, of a page each, the articles hold by turns.
LENGTHS = 1, 2, 1, 2, 2, 2, 1, 3
#: Letters of HTML: shorter texts share their pages.
LONG = 3000
PROMISED_SECONDS, PROMISED_MB = 3, 300
MB = 1024 * 1024


def add_arguments(parser) -> None:
    parser.add_argument("--runs", type=int, default=5, help="issues drawn in each language (5)")


def run(options, out: Output) -> None:
    out.progress("Making a portal with demo content …")
    running.set_up(has_demo=True)
    issue = make_issue()
    rows = []
    for language in LANGUAGES:
        for name, write in WRITERS.items():
            out.progress(f"{name}, {language} …")
            write(issue, language)
            times, spent = [], processor_seconds()
            with Watch() as watch:
                for _run in range(options.runs):
                    begun = time.perf_counter()
                    made = write(issue, language)
                    times.append(time.perf_counter() - begun)
            pages = len(PdfReader(io.BytesIO(made)).pages) if name == "PDF" else None
            if pages and pages < PAGES:
                raise BenchError(f"The issue has {pages} pages, {PAGES} are promised.")
            rows.append(
                (
                    f"{name}, {language}",
                    pages,
                    round(len(made) / 1024),
                    f"{statistics.median(times):.2f}",
                    f"{max(times):.2f}",
                    f"{(processor_seconds() - spent) / options.runs:.2f}",
                    round(watch.most / MB),
                    round(watch.drawing / MB),
                )
            )
    out.table(
        f"An issue of {ARTICLES} articles: texts read, pictures read, drawn",
        ["file", "pages", "KB", "s, median", "s, most", "s of a core", "MB in all", "MB to draw"],
        rows,
    )
    out.write(
        "Memory in all is that of this process and of the one that draws. Promised for "
        f"{PAGES} pages: {PROMISED_SECONDS} s and {PROMISED_MB} MB.\n"
    )


def processor_seconds() -> float:
    """Of this process and of those that have ended under it."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def pdf(issue: Issue, language: str) -> bytes:
    return issue_pdf(issue_content(issue, language).load(), language)


def epub(issue: Issue, language: str) -> bytes:
    content = issue_content(issue, language).load()
    return issue_epub(content, language, made_at=timezone.now())


WRITERS = {"PDF": pdf, "EPUB": epub}


class Watch:
    """Most memory, in bytes, taken at once in the block: by this process and the children that it
    starts there, and by these children alone.
    """

    def __enter__(self):
        self.most = self.drawing = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def look(self):
        own = psutil.Process()
        command, before = own.cmdline(), own.children()
        while not self.is_over.wait(0.02):
            children = 0
            for child in own.children():
                if child in before:
                    continue
                try:
                    if child.cmdline() != command:  # else it is still this process, all of it
                        children += child.memory_info().rss
                except psutil.Error:
                    continue  # it has ended meanwhile
            self.drawing = max(self.drawing, children)
            self.most = max(self.most, children + own.memory_info().rss)

    def __exit__(self, *error):
        self.is_over.set()
        self.thread.join()


def make_issue() -> Issue:
    """An issue of the demo's articles, told again until there are enough of them."""
    texts = list(Article.objects.exclude(body_ky="").exclude(body_ru="").exclude(body_ky=None))
    texts = [each for each in texts if min(len(each.body_ky), len(each.body_ru or "")) > LONG]
    if not texts:
        raise BenchError("The demo holds no article in both languages.")
    author, _new = Author.objects.get_or_create(slug="bench", defaults={"name_ky": "Асан Үсөнов"})
    issue = Issue.objects.create(
        year=2099, number=12, title_ky="Суу жана айыл", title_ru="Вода и село", print_run=1500
    )
    for language in LANGUAGES:
        IssueEdition.objects.create(issue=issue, language=language, title_ky="№ 12")
    source, lengths = cycle(texts), cycle(LENGTHS)
    for number in range(1, ARTICLES + 1):
        texts = [next(source) for _text in range(next(lengths))]
        text = texts[0]
        article = Article(
            issue=issue, position=number, status=ArticleStatus.APPROVED, rubric=text.rubric,
            approved_languages=list(LANGUAGES),
        )  # fmt: skip
        for language in LANGUAGES:
            for name in ("title", "subtitle", "lead", "sources"):
                setattr(article, f"{name}_{language}", getattr(text, f"{name}_{language}"))
            body = "".join(getattr(each, f"body_{language}") for each in texts)
            setattr(article, f"body_{language}", body)
        article.save()
        Credit.objects.create(article=article, author=author)
        if number % PICTURED == 1:
            ArticlePicture.objects.create(
                article=article, is_lead=True, alt_ky="Сүрөт", alt_ru="Рисунок",
                file=SimpleUploadedFile("p.jpg", photo(number)),
            )  # fmt: skip
    return issue


def photo(seed: int) -> bytes:
    """A JPEG as a phone’s photo is stored: as large in pixels and about as large in bytes."""
    image = Image.effect_noise((MAX_SIDE, MAX_SIDE * 3 // 4), 24).convert("RGB")
    draw = ImageDraw.Draw(image)
    for step in range(40):
        left, top = (step * 173 + seed * 97) % 1900, (step * 331 + seed * 41) % 1200
        draw.ellipse((left, top, left + 260, top + 190), fill=(step * 6, 120, 255 - step * 5))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()
