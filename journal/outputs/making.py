"""The files of an issue: asked for, made by a task that tells how far it is, offered to readers."""

import hashlib
import io
from datetime import timedelta

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.utils import timezone
from pypdf import PdfReader

from journal.models import Article, Issue, IssueEdition, Output, OutputKind, OutputState
from journal.models.outputs import LOST
from journal.outputs.content import issue_content
from journal.outputs.epub import issue_epub
from journal.outputs.package import issue_package
from journal.outputs.pdf import issue_pdf
from publishing.tasks import every, retried
from publishing.workflow import READABLE

logger = structlog.get_logger("portal.journal")
#: What readers are offered; the package is the designer's.
PUBLIC = (OutputKind.PDF, OutputKind.EPUB)
#: What could not be made is not tried again sooner.
TRIED_AGAIN = timedelta(hours=2)
#: Progress, percent: the texts are read, the pictures are read.
TEXTS, PICTURES = 15, 60
ATTEMPTS = 3


def ask(issue: Issue, language: str, kind: str, *, by=None) -> Output:
    """Have the file made; asked twice while it is on its way, it is made once."""
    with transaction.atomic():
        output, is_new = Output.objects.select_for_update(of=("self",)).get_or_create(
            issue=issue, language=language, kind=kind, defaults={"asked_by": by}
        )
        if not is_new:
            if output.is_on_its_way:
                return output
            output.state, output.percent = OutputState.WAITING, 0
            output.asked_at, output.asked_by = timezone.now(), by
            output.save()
        transaction.on_commit(lambda: make_output.enqueue(output.pk))
    return output


@retried(attempts=ATTEMPTS, delay=timedelta(seconds=10))
def make_output(pk: int) -> None:
    """Make the file of the row, replace the one before, note size and pages."""
    output = Output.objects.select_related("issue").filter(pk=pk).first()
    if not output:
        return
    try:
        make(output)
    except Exception:
        tell(output, state=OutputState.FAILED)
        raise


def make(output: Output) -> None:
    begun = timezone.now()
    tell(output, state=OutputState.WORKING, percent=2)
    issue = Issue.objects.prefetch_related("editions", "team", "copies").get(pk=output.issue_id)
    content = issue_content(issue, output.language)
    tell(output, percent=TEXTS)
    if output.kind != OutputKind.PACKAGE:
        step = Steps(output)
        content.load(step.told)
    tell(output, percent=PICTURES)
    made = WRITERS[output.kind](content, output.language, begun)
    store(output, made, made_at=begun, is_draft=content.data["is_draft"])


class Steps:
    """Tells the share of pictures read, in few writes."""

    def __init__(self, output: Output):
        self.output, self.last = output, TEXTS

    def told(self, done: int, size: int) -> None:
        percent = TEXTS + (PICTURES - TEXTS) * done // size
        if percent - self.last >= 15:
            self.last = percent
            tell(self.output, percent=percent)


def tell(output: Output, **values) -> None:
    Output.objects.filter(pk=output.pk).update(**values)


WRITERS = {
    OutputKind.PDF: lambda content, language, at: issue_pdf(content, language, made_at=at),
    OutputKind.EPUB: lambda content, language, at: issue_epub(content, language, made_at=at),
    OutputKind.PACKAGE: lambda content, language, at: issue_package(content, language),
}


def store(output: Output, content: bytes, **values) -> None:
    """Put the file in place of the one before, which goes once the row has committed."""
    digest = hashlib.blake2s(content, digest_size=6).hexdigest()
    pages = len(PdfReader(io.BytesIO(content)).pages) if output.kind == OutputKind.PDF else None
    with transaction.atomic():
        row = (
            Output.objects.select_for_update(of=("self",)).select_related("issue").get(pk=output.pk)
        )
        before = row.file.name
        name = f"{row.kind}-{row.language}-{digest}.{row.kind}"
        row.file.save(name, ContentFile(content), save=False)
        row.state, row.percent = OutputState.DONE, 100
        row.bytes, row.pages = len(content), pages
        for field, value in values.items():
            setattr(row, field, value)
        row.save()
        if before and before != row.file.name:
            transaction.on_commit(lambda: row.file.storage.delete(before))


def delete_file(sender, instance: Output, **kwargs) -> None:
    """A deleted row's file goes with it."""
    if instance.file:
        name, storage = instance.file.name, instance.file.storage
        transaction.on_commit(lambda: storage.delete(name))


# ---------------------------------------------------------------- what readers are offered


def offered(issue: Issue) -> list[Output]:
    """Files for readers: of released editions, without an article that was taken back since.

    A printed PDF that was uploaded stands before ours. Two queries.
    """
    outputs = list(issue.outputs.filter(kind__in=PUBLIC, is_draft=False).exclude(file=""))
    if not outputs or not issue.is_readable:
        return []
    taken_back = issue.articles.exclude(status__in=READABLE)
    last = taken_back.aggregate(at=Max("status_changed_at"))["at"]
    return [
        output for output in outputs if is_right(output, issue.edition_of(output.language), last)
    ]


def is_right(output: Output, edition: IssueEdition | None, last_taken_back) -> bool:
    if not edition or not edition.released_at or output.made_at < edition.released_at:
        return False
    if output.kind == OutputKind.PDF and edition.file and edition.is_visible():
        return False
    return not last_taken_back or last_taken_back < output.made_at


@every(timedelta(minutes=5))
def make_what_is_missing() -> int:
    """Ask for the files of released editions that are not there or older than their texts."""
    asked = 0
    for kind in PUBLIC:
        editions = IssueEdition.objects.filter(released_at__isnull=False)
        if kind == OutputKind.PDF:
            editions = editions.filter(Q(file="") | Q(has_macros=True))
        made = Output.objects.filter(
            issue=OuterRef("issue"), language=OuterRef("language"), kind=kind
        )
        changed = Article.objects.filter(
            issue=OuterRef("issue"), updated_at__gt=OuterRef("made_at")
        )
        old = Q(made_at=None) | Q(made_at__lt=F("issue__updated_at")) | Exists(changed)
        is_tried = Q(asked_at__gt=timezone.now() - LOST) | Q(
            state=OutputState.FAILED, asked_at__gt=timezone.now() - TRIED_AGAIN
        )
        fresh = made.filter(is_tried | ~old)
        for edition in editions.filter(~Exists(fresh)).select_related("issue"):
            ask(edition.issue, edition.language, kind)
            asked += 1
    return asked
