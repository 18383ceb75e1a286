"""On which pages of a made PDF the articles stand, for the numbers of the printed journal."""

from django.db import transaction
from pypdf import PdfReader

from journal.models import Article, Issue, Output
from publishing.models import AuditEvent

#: Points from the bottom and from the left: a title higher and further left begins its page.
TOP, LEFT = 740, 60


def pages_in(output: Output) -> dict[int, tuple[int, int]]:
    """First and last page by the article’s key, in print order; the file is that of a PDF."""
    with output.file.open("rb") as handle:
        reader = PdfReader(handle)
        count = len(reader.pages)
        begins = sorted(
            (reader.get_destination_page_number(place) + 1, place["/Left"], -place["/Top"], int(key[1:]))
            for key, place in reader.named_destinations.items()
            if key[:1] == "a" and key[1:].isdigit()
        )  # fmt: skip
    found = {}
    for number, (first, _left, _top, key) in enumerate(begins):
        last = count
        if number + 1 < len(begins):
            page, left, top, _key = begins[number + 1]
            last = page - 1 if left < LEFT and -top > TOP else page
        found[key] = first, max(first, last)
    return found


def write_pages(output: Output, *, actor) -> int:
    """Note these pages with the articles of the issue; how many articles had other ones."""
    found, written = pages_in(output), 0
    with transaction.atomic():
        # The issue's row stays locked, so that neither a release nor its contents slip between.
        Issue.objects.select_for_update(of=("self",)).get(pk=output.issue_id)
        for article in Article.objects.filter(issue=output.issue_id, pk__in=found).defer(
            "body_ky", "body_ru"
        ):
            before = article.first_page, article.last_page
            if before == found[article.pk]:
                continue
            article.first_page, article.last_page = found[article.pk]
            article.version += 1
            article.save(update_fields=["first_page", "last_page", "version", "updated_at"])
            AuditEvent.record(
                article,
                action="pages",
                actor=actor,
                via="admin",
                reason=str(output),
                details={"before": before, "after": found[article.pk]},
            )
            written += 1
    return written
