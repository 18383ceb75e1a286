"""The demo's journal: issues with their articles, articles in work, suggestions and the plan.

What is public has dates of its own; stages, deadlines and the plan are counted from the day of
loading.
"""

from datetime import date, datetime, time, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from journal.body import paragraph_digests, paragraphs
from journal.choices import ArticleStatus, CreditRole, PitchStatus
from journal.models import (
    Article,
    ArticlePicture,
    Author,
    Comment,
    Credit,
    Issue,
    IssueEdition,
    Pitch,
    PlanLine,
    Rubric,
)  # fmt: skip
from partners.choices import Licence
from partners.models import Partner
from people.models import User
from places.models import Municipality
from portal.demo.drawing import bar_chart
from portal.demo.rows import FOLDER, both, day, read
from practices.models import Practice
from publishing.languages import LANGUAGES, LanguageState
from publishing.models import AuditEvent
from themes.models import Theme

TEXTS = ("title", "subtitle", "lead", "sources")
BLOCKS = ("<p", "<h", "<ul", "<ol", "<table", "<blockquote", "<figure")
CHART = "[chart]"
EDITOR, TRANSLATOR = "editor@example.org", "translator@example.org"


def read_articles() -> list[dict]:
    """A later part comes after the first one."""
    files = sorted((FOLDER / "journal/articles").glob("*.json"))
    rows = [read(f"journal/articles/{path.name}") for path in files]
    return sorted(rows, key=lambda row: (row.get("part", 1), row["slug"]))


def demo_user(email: str) -> User | None:
    return User.objects.filter(email=email, is_demo=True).first()


def moment(value: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(value, time(hour)))


def load_journal() -> dict[str, int]:
    authors = load_authors()
    issues = [load_issue(row) for row in read("journal/issues.json") if is_new_issue(row)]
    new = [row for row in read_articles() if not Article.objects.filter(slug=row["slug"]).exists()]
    for row in new:
        load_article(row, authors)
    load_pitches()
    load_plan()
    return {"issues": len(issues), "articles": len(new)}


def load_authors() -> dict[str, Author]:
    for row in read("journal/authors.json"):
        Author.objects.get_or_create(
            slug=row["slug"],
            defaults={
                "is_demo": True,
                "language": row.get("language", "ky"),
                **both(("name", "post", "organisation", "bio"), row),
            },
        )
    return {author.slug: author for author in Author.objects.all()}


def is_new_issue(row: dict) -> bool:
    return not Issue.objects.filter(year=row["year"], number=row["number"]).exists()


def load_issue(row: dict) -> Issue:
    """A real issue of the same number keeps its place; this one is then left out."""
    released = {language: day(value) for language, value in (row.get("released") or {}).items()}
    issue = Issue(
        year=row["year"],
        number=row["number"],
        last_number=row.get("last_number"),
        planned_on=day(row.get("planned_on")),
        printed_on=day(row.get("printed_on")),
        print_run=row.get("print_run"),
        status=row["status"],
        published_at=moment(min(released.values())) if released else None,
        is_demo=True,
        **both(("title", "lead"), row),
    )
    for language in released:
        setattr(issue, f"state_{language}", LanguageState.READY)
    issue.refresh_languages()
    issue.save()
    for language in LANGUAGES:
        IssueEdition.objects.create(
            issue=issue,
            language=language,
            without_pdf_reason=row["without_pdf_reason"],
            released_at=moment(released[language]) if language in released else None,
            **both(("title",), {"title": row["edition_title"]}),
        )
    for position, item in enumerate(row.get("team", ()), start=1):
        issue.team.create(position=position, **both(("name", "task"), item))
    for position, item in enumerate(row.get("copies", ()), start=1):
        issue.copies.create(position=position, number=item["number"], **both(("group",), item))
    AuditEvent.record(issue, action="load_demo", actor=None, via="system", after=issue.status)
    return issue


def html(blocks: list[str], figure: str = "") -> str:
    """The text from its blocks: a plain one is a paragraph, «[chart]» is the drawn figure."""
    done = (
        figure if block == CHART else block if block.startswith(BLOCKS) else f"<p>{block}</p>"
        for block in blocks
    )
    return "".join(done)


def load_article(row: dict, authors: dict[str, Author]) -> Article:
    year, number = map(int, row["issue"].split("-")) if row.get("issue") else (0, 0)
    issue = Issue.objects.filter(year=year, number=number, is_demo=True).first()
    pages = row.get("pages") or (None, None)
    is_public = row["status"] == ArticleStatus.PUBLISHED
    is_past_layout = is_public or row["status"] in {ArticleStatus.LAYOUT, ArticleStatus.APPROVED}
    languages = [each for each in LANGUAGES if row["body"].get(each)]
    since = timezone.now() - timedelta(days=row.get("days_in_stage", 0))
    editor = demo_user(EDITOR)
    article = Article(
        slug=row["slug"],
        kind=row["kind"],
        rubric=Rubric.objects.filter(slug=row["rubric"]).first(),
        original_language=row["original_language"],
        issue=issue,
        position=pages[0] or 0,
        first_page=pages[0],
        last_page=pages[1],
        part=row.get("part"),
        part_of=Article.objects.filter(slug=row.get("part_of", ""), is_demo=True).first(),
        status=row["status"],
        status_changed_at=issue.published_at if is_public and issue else since,
        due_on=timezone.localdate() + timedelta(days=row["due"]) if "due" in row else None,
        editor=editor,
        assignee=editor,
        licence=Licence.CC_BY,
        has_rights=is_past_layout,
        has_no_personal_data=is_past_layout,
        approved_languages=languages if is_public or row["status"] == "ready" else [],
        one_language_reason=row.get("one_language_reason", ""),
        editor_note=row.get("editor_note", ""),
        is_demo=True,
        **both(TEXTS, row),
    )
    if is_public:
        article.published_at = issue.published_at if issue else since
        for language in languages:
            setattr(article, f"state_{language}", LanguageState.READY)
    # The figure's address holds the picture's number, which is known before anything is stored.
    picture = ArticlePicture(article=article) if row.get("chart") else None
    for language in languages:
        figure = figure_html(picture, row, language) if picture else ""
        setattr(article, f"body_{language}", html(row["body"][language], figure))
    if len(languages) == len(LANGUAGES):
        original = getattr(article, f"body_{article.original_language}")
        article.translated_paragraphs = paragraph_digests(original)
    article.refresh_languages()
    article.save()
    if picture:
        store_chart(picture, row["chart"])
    article.practices.set(Practice.objects.filter(slug__in=row.get("practices", ())))
    article.partners.set(Partner.objects.filter(slug__in=row.get("partners", ())))
    article.themes.set(Theme.objects.filter(slug__in=row.get("themes", ())))
    add_credits(article, row, authors)
    for remark in row.get("remarks", ()):
        add_remark(article, remark)
    AuditEvent.record(article, action="load_demo", actor=None, via="system", after=article.status)
    return article


def figure_html(picture: ArticlePicture, row: dict, language: str) -> str:
    chart = row["chart"]
    return (
        f"<figure><img src='{picture.url('original.jpg')}' alt='{chart['alt'][language]}'>"
        f"<figcaption>{chart['caption'][language]}</figcaption></figure>"
    )


def store_chart(picture: ArticlePicture, chart: dict) -> None:
    picture.article_id = picture.article.pk
    picture.file = SimpleUploadedFile("chart.png", bar_chart(chart["bars"]))
    for name, value in both(("alt", "caption"), chart).items():
        setattr(picture, name, value)
    picture.save()


def add_credits(article: Article, row: dict, authors: dict[str, Author]) -> None:
    people = [(CreditRole.AUTHOR, slug) for slug in row["authors"]]
    people += [(role, slug) for role, slug in (row.get("credits") or {}).items()]
    for position, (role, slug) in enumerate(people, start=1):
        author = authors[slug]
        then = {
            f"{name}_{language}": getattr(author, f"{name}_{language}") or ""
            for name in ("post", "organisation")
            for language in LANGUAGES
        }
        Credit.objects.create(article=article, author=author, role=role, position=position, **then)


def add_remark(article: Article, row: dict) -> None:
    language = article.original_language
    text = paragraphs(getattr(article, f"body_{language}"))[row["paragraph"]]
    Comment.objects.create(
        article=article,
        language=language,
        paragraph=text.number,
        paragraph_digest=text.digest,
        quote=text.text[:300],
        text=row["text"],
        by=None if row.get("is_authors") else demo_user(EDITOR),
        is_authors=row.get("is_authors", False),
        resolved_at=timezone.now() if row.get("is_settled") else None,
    )


def load_pitches() -> None:
    for row in read("journal/pitches.json"):
        if Pitch.objects.filter(topic=row["topic"], is_demo=True).exists():
            continue
        is_decided = row["status"] != PitchStatus.NEW
        pitch = Pitch.objects.create(
            name=row["name"],
            email=row.get("email", ""),
            phone=row.get("phone", ""),
            language=row["language"],
            municipality=Municipality.objects.filter(code=row.get("municipality")).first(),
            topic=row["topic"],
            why=row["why"],
            rubric=Rubric.objects.filter(slug=row.get("rubric")).first(),
            practice=Practice.objects.filter(slug=row.get("practice")).first(),
            source=row["source"],
            status=row["status"],
            reason=row.get("reason", ""),
            decided_at=timezone.now() - timedelta(days=2) if is_decided else None,
            decided_by=demo_user(EDITOR) if is_decided else None,
            article=Article.objects.filter(
                slug=row.get("article", ""), is_demo=True, pitch=None
            ).first(),
            is_demo=True,
        )
        # The day of sending is set by the database.
        sent = timezone.now() - timedelta(days=row["days_ago"])
        Pitch.objects.filter(pk=pitch.pk).update(created_at=sent)


def load_plan() -> None:
    this_month = timezone.localdate().replace(day=1)
    for row in read("journal/plan.json"):
        rubric = Rubric.objects.filter(slug=row["rubric"]).first()
        texts = both(("topic",), row)
        known = PlanLine.objects.filter(topic_ky=texts["topic_ky"], is_demo=True)
        if rubric is None or known.exists():
            continue
        months = this_month.month - 1 + row["month"]
        PlanLine.objects.create(
            month=date(this_month.year + months // 12, months % 12 + 1, 1),
            rubric=rubric,
            owner=demo_user(EDITOR),
            article=Article.objects.filter(slug=row.get("article", ""), is_demo=True).first(),
            is_demo=True,
            **texts,
        )


def remove_journal() -> dict[str, int]:
    """An issue that holds a real article stays, and so does an author of one."""
    Pitch.objects.filter(is_demo=True).delete()
    PlanLine.objects.filter(is_demo=True).delete()
    articles = Article.objects.filter(is_demo=True)
    counts = {"articles": articles.count()}
    # Later parts first: a part names the one it continues.
    articles.filter(part_of__isnull=False).delete()
    articles.exclude(parts__is_demo=False).delete()
    issues = Issue.objects.filter(is_demo=True, articles=None)
    counts["issues"] = issues.count()
    issues.delete()
    Author.objects.filter(is_demo=True, credits=None).delete()
    return counts
