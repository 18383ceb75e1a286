"""What was read from a Word document becomes the text of an article."""

import hashlib

import reversion
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext

from journal.models import Article, ArticlePicture
from journal.word.reading import ImportedArticle
from publishing.models import AuditEvent


@transaction.atomic
def take_in(article: Article, found: ImportedArticle, language: str, *, by) -> Article:
    """Put the document in the place of the article's text in the language.

    The earlier text stays in the article's history. Title and lead give way only where the document
    has them. A picture that the article has already, as when the proof-reader sends the document
    back, is not kept twice.
    """
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    with reversion.create_revision():
        reversion.add_to_revision(row)
        reversion.set_user(by)
        reversion.set_comment(gettext("Before the Word document took its place"))
    with reversion.create_revision():
        body = found.body
        known = {each.sha256: each for each in row.pictures.all()}
        position = max((each.position for each in known.values()), default=0)
        for number, each in enumerate(found.pictures, start=1):
            if same := known.get(hashlib.sha256(each.content).hexdigest()):
                body = body.replace(each.src, same.url("original.jpg"))
                continue
            ArticlePicture.objects.create(
                uuid=each.uuid,
                article=row,
                file=ContentFile(each.content, each.name),
                position=position + number,
                **{f"alt_{language}": each.alt, f"caption_{language}": each.caption},
            )
        setattr(row, f"body_{language}", body)
        for name in ("title", "lead"):
            if text := getattr(found, name):
                setattr(row, f"{name}_{language}", text)
        row.version += 1
        row.refresh_languages()
        row.save()
        reversion.add_to_revision(row)
        reversion.set_user(by)
        reversion.set_comment(gettext("From a Word document"))
    AuditEvent.record(row, action="word", actor=by, via="admin", details={"language": language})
    return row
