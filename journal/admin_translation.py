"""The page of the translator: the original on the left, the translation on the right."""

import json

import reversion
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media

from journal.side_by_side import Row, fingerprint, joined, kept_digests, rows
from publishing.admin_tools import Tool
from publishing.languages import digest
from publishing.richtext import ARTICLE_EXTENSIONS, clean_article

#: Texts beside the body, and how many lines each has on the page.
FIELDS = {"title": 1, "subtitle": 1, "lead": 4, "sources": 4}
PICTURE_FIELDS = ("alt", "caption")
#: What a paragraph may hold inside.
EXTENSIONS = {
    name: ARTICLE_EXTENSIONS[name]
    for name in ("Bold", "Italic", "Link", "Subscript", "Superscript", "TextClass")
}


class Piece:
    """One text of the article beside its translation, as the page shows and takes it.

    stored: the translation as it stands; text: what the page shows, stored or typed; theirs: what
    was saved meanwhile, where somebody else has written too.
    """

    def __init__(
        self, key, label, source, stored, *, lines=0, limit=None, row=None, is_behind=False
    ):
        self.key, self.label, self.source = key, label, source
        self.stored = self.text = stored
        self.lines, self.limit, self.row, self.is_behind = lines, limit, row, is_behind
        self.theirs = ""
        self.is_confirmed = False

    @property
    def is_missing(self) -> bool:
        return bool(self.source and not self.text)

    @property
    def is_touched(self) -> bool:
        return self.text != self.stored

    @property
    def follows(self) -> bool:
        """The translation says what the original says, as far as anybody knows."""
        return bool(self.text) and (not self.is_behind or self.is_touched or self.is_confirmed)

    def take(self, data, opened: dict) -> None:
        """What was typed, unless it is what the page was opened with. Two who wrote: `theirs`."""
        typed = data.get(f"text-{self.key}")
        self.is_confirmed = f"ok-{self.key}" in data
        if typed is None:
            return
        typed = typed.replace("\r\n", "\n")
        was = opened.get(self.key)
        if fingerprint(typed) == was:
            return
        if self.limit:
            typed = typed[: self.limit]
        if fingerprint(self.stored) != was and typed != self.stored:
            self.theirs = self.stored or gettext("(emptied)")
        self.text = typed

    def editor(self, language: str):
        widget = AdminProseEditorWidget(config={"extensions": EXTENSIONS}, preset="configurable")
        attrs = {"lang": language, "rows": 3, "aria-label": self.label}
        return widget.render(f"text-{self.key}", self.text, attrs)

    @property
    def source_html(self):
        return mark_safe(clean_article(self.source)) if self.row else self.source  # noqa: S308


def pieces(article) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """(texts beside the body, paragraphs of the body, words of the pictures)."""
    source, target = article.original_language, article.other_language
    fields = []
    for name, lines in FIELDS.items():
        field = type(article)._meta.get_field(name)  # noqa: SLF001
        original = getattr(article, f"{name}_{source}") or ""
        stored = (getattr(article, f"{name}_{target}") or "").replace("\r\n", "\n")
        if original or stored:
            fields.append(
                Piece(
                    f"field-{name}",
                    capfirst(field.verbose_name),
                    original,
                    stored,
                    lines=lines,
                    limit=field.max_length,
                    is_behind=bool(stored) and name in article.stale_fields,
                )
            )
    body = [
        Piece(row.key, _label(row), f"<p>{row.source}</p>" if row.source else "",
              f"<p>{row.target}</p>" if row.target else "", row=row, is_behind=row.is_changed)
        for row in rows(
            getattr(article, f"body_{source}") or "",
            getattr(article, f"body_{target}") or "",
            article.translated_paragraphs,
        )
    ]  # fmt: skip
    pictures = [
        Piece(
            f"picture-{picture.pk}-{name}",
            capfirst(picture._meta.get_field(name).verbose_name),  # noqa: SLF001
            getattr(picture, f"{name}_{source}") or "",
            getattr(picture, f"{name}_{target}") or "",
            lines=1,
            limit=200,
        )
        for picture in article.pictures.all()
        for name in PICTURE_FIELDS
    ]
    return fields, body, [each for each in pictures if each.source or each.stored]


def _label(row: Row) -> str:
    if row.after is not None:
        return gettext("only in the translation")
    return {
        "h2": gettext("heading"),
        "h3": gettext("subheading"),
        "li": gettext("item of a list"),
        "th": gettext("head of a table"),
        "td": gettext("cell of a table"),
        "figcaption": gettext("caption"),
    }.get(row.tag, gettext("paragraph"))


def save_translation(article, fields, body, pictures) -> None:
    """Write what stands in the pieces. The row is locked by the caller; somebody's open form of the
    whole article is told of it by the number of the saved state.
    """
    source, target = article.original_language, article.other_language
    for piece in fields:
        setattr(article, piece.key.replace("field-", "") + f"_{target}", piece.text)
    own = {str(picture.pk): picture for picture in article.pictures.all()}
    for piece in pictures:
        _kind, pk, name = piece.key.split("-")
        if piece.is_touched:
            setattr(own[pk], f"{name}_{target}", piece.text)
            own[pk].save(update_fields=[f"{name}_{target}"])
    alts = {str(each.uuid): getattr(each, f"alt_{target}") or "" for each in own.values()}
    original = getattr(article, f"body_{source}") or ""
    if any(piece.text for piece in body):
        text = joined(original, [(piece.row, piece.text) for piece in body], alts)
        article.translated_paragraphs = kept_digests(
            [(piece.row, piece.text, piece.follows) for piece in body]
        )
    else:
        text, article.translated_paragraphs = "", []
    setattr(article, f"body_{target}", text)
    article.refresh_languages()
    behind = {
        piece.key.replace("field-", "") for piece in fields if piece.stored and not piece.follows
    }
    if text and not all(piece.follows for piece in body):
        behind.add("body")
    _say_stale(article, behind)
    article.version += 1
    article.save()


def _say_stale(article, behind: set[str]) -> None:
    """The page knows by the paragraph what the record knows by the field."""
    source, target = article.original_language, article.other_language
    for name in (*FIELDS, "body"):
        now = [digest(getattr(article, f"{name}_{each}") or "") for each in (source, target)]
        if not now[1]:
            continue
        article.translated_from[name] = ["", now[1]] if name in behind else now
    others = [key for key in article.stale_fields if key not in {*FIELDS, "body"}]
    empty = [key for key in article.stale_fields if key not in article.translated_from]
    article.stale_fields = sorted({*others, *empty, *behind})


class TranslationAdmin:
    """Mixed into the admin of articles."""

    def get_urls(self):
        return [
            path(
                "<path:object_id>/translation/",
                self.admin_site.admin_view(self.translation_view),
                name="journal_article_translation",
            ),
            *super().get_urls(),
        ]

    def tools(self, request, record):
        found = super().tools(request, record)
        if self.has_change_permission(request, record):
            url = self._address("translation", record)
            found.insert(0, Tool(gettext("Translation side by side"), url))
        return found

    def translation_view(self, request, object_id):
        with transaction.atomic():
            record = self._record_or_404(request, object_id)
            if not self.has_change_permission(request, record):
                raise PermissionDenied
            groups = pieces(record)
            everything = [piece for group in groups for piece in group]
            orphans = []
            if request.method == "POST":
                orphans = self._take(request, everything)
                if not any(piece.theirs for piece in everything):
                    self._remember_first_state(object_id)
                    with reversion.create_revision():
                        save_translation(record, *groups)
                        reversion.set_user(request.user)
                        reversion.set_comment(gettext("Translation side by side"))
                    messages.success(request, gettext("The translation is saved."))
                    if not orphans:
                        return redirect(self._address("translation", record))
                    groups = pieces(record)
                    everything = [piece for group in groups for piece in group]
        return self._translation_page(request, record, groups, orphans)

    @staticmethod
    def _take(request, everything) -> list[str]:
        """Fill the pieces; returns what was typed beside a paragraph that has changed meanwhile."""
        try:
            opened = dict(json.loads(request.POST.get("opened", "{}")))
        except (ValueError, TypeError):
            opened = {}
        for piece in everything:
            piece.take(request.POST, opened)
        orphans = [text for text in request.POST.getlist("orphan") if text.strip()]
        for key in opened.keys() - {piece.key for piece in everything}:
            typed = request.POST.get(f"text-{key}", "").replace("\r\n", "\n")
            if typed.strip() and fingerprint(typed) != opened[key]:
                orphans.append(typed)
        return orphans

    def _translation_page(self, request, record, groups, orphans):
        everything = [piece for group in groups for piece in group]
        media = AdminProseEditorWidget(preset="configurable").media
        context = self.admin_site.each_context(request) | {
            "title": gettext("Translation side by side"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "media": Media.from_media(media, nonce=str(request.csp_nonce)),
            "fields": groups[0],
            "body": [(piece, piece.editor(record.other_language)) for piece in groups[1]],
            "pictures": groups[2],
            "source": record.original_language,
            "target": record.other_language,
            "source_name": record.get_original_language_display(),
            "target_name": dict(record._meta.get_field("original_language").choices)[  # noqa: SLF001
                record.other_language
            ],
            "opened": json.dumps({piece.key: fingerprint(piece.stored) for piece in everything}),
            "orphans": orphans,
            "conflicts": sum(bool(piece.theirs) for piece in everything),
            "behind": sum(piece.is_behind for piece in everything),
            "missing": sum(piece.is_missing for piece in everything),
            "moves": self.buttons(request, record),
        }
        return TemplateResponse(request, "admin/journal/translation.html", context)
