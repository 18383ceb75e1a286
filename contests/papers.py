"""Papers of an application: the signed letter – a PDF as it came, or photos put together – and what
is brought when the secretary asks for documents.
"""

import hashlib
import io
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext
from PIL import Image

from contests.applying import check_repair, repaired
from contests.drafting import letter_of
from contests.models import Application, ApplicationFile, Letter
from practices.contribution import MAX_DOCUMENTS
from publishing.drafts import APART
from publishing.files import PICTURE_TYPES, StoredDocument, accept_picture
from publishing.models import AuditEvent, Draft, DraftDocument

MAX_PAGES = 10
#: A4 in inches: so large a photo of a page is drawn.
SHEET = (8.27, 11.69)
#: The answer with the digests of the photos a letter was put together from, in order.
PHOTOS = "letter_photos"
PICTURES = tuple(suffix for suffixes in PICTURE_TYPES.values() for suffix in suffixes)


def is_photo(upload) -> bool:
    """Whether the upload is a photo, by its name; raises ValidationError where it is no letter at all."""
    suffix = PurePosixPath(upload.name).suffix.lower()
    if suffix not in {".pdf", *PICTURES}:
        raise ValidationError(
            gettext("The letter bears a signature and a stamp: bring it as PDF or as photos.")
        )
    return suffix != ".pdf"


def page_of(upload) -> tuple[bytes, str]:
    """A page of PDF that shows the photo, without anything else the camera wrote, and its digest.

    Raises ValidationError on what is no picture.
    """
    content = accept_picture(upload).content
    image = Image.open(io.BytesIO(content), formats=["JPEG"])
    dots = max(length / inches for length, inches in zip(sorted(image.size), SHEET, strict=True))
    out = io.BytesIO()
    image.save(out, "PDF", resolution=dots, quality=80)
    return out.getvalue(), hashlib.sha256(content).hexdigest()


def put_together(parts: list[bytes]) -> ContentFile:
    """One PDF of the parts, in order, with no word on who made it, with what and when."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for part in parts:
        writer.append(io.BytesIO(part), import_outline=False)
    if len(writer.pages) > MAX_PAGES:
        raise ValidationError(
            gettext("A letter has %(limit)s pages at most.") % {"limit": MAX_PAGES}
        )
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return ContentFile(out.getvalue(), name="letter.pdf")


def letter_from(uploads) -> ContentFile:
    """The letter as PDF: the one PDF there is, or all photos in the order they came.

    Raises ValidationError with a sentence.
    """
    photos = [is_photo(upload) for upload in uploads]
    if not all(photos):
        if len(uploads) > 1:
            raise ValidationError(gettext("Bring one PDF, or photos of the pages, not both."))
        content = uploads[0].read()
        uploads[0].seek(0)
        return ContentFile(content, name="letter.pdf")
    return put_together([page_of(upload)[0] for upload in uploads])


def _accepted(document: StoredDocument) -> StoredDocument:
    """The document, looked into; raises ValidationError where it may not be kept."""
    document._meta.get_field("file").accept_once(document.file, document)  # noqa: SLF001
    if document.has_macros:
        raise ValidationError(gettext("The document holds a script and is not accepted."))
    return document


# ---------------------------------------------------------------- the letter of a draft


def photos_of(draft: Draft) -> list[str]:
    return list(draft.answers.get(PHOTOS) or []) if letter_of(draft) else []


def keep_letter(draft: Draft, upload) -> None:
    """The letter, or one more page of it: a PDF takes the place of what there is, a photo is put
    after the photos before it. The same file sent twice is kept once. Raises ValidationError.
    """
    page, stamp = page_of(upload) if is_photo(upload) else (None, "")
    with transaction.atomic():
        row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        before, photos = letter_of(row), photos_of(row)
        if row.sent_at or (stamp and stamp in photos):
            return
        if page is None:
            content, photos = upload, []
        else:
            content = put_together([*_content_of(before if photos else None), page])
            photos = [*photos, stamp]
        letter = _accepted(DraftDocument(draft=row, file=content, language=row.language))
        letter.save()
        if before:
            before.delete()
        _note_letter(row, letter, photos)


def remove_letter(draft: Draft) -> None:
    """Take the letter away, to begin it anew."""
    with transaction.atomic():
        row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
        letter = letter_of(row)
        if letter and not row.sent_at:
            letter.delete()
            _note_letter(row, None, [])


def _content_of(letter: DraftDocument | None) -> list[bytes]:
    if letter is None:
        return []
    with letter.file.open("rb") as handle:
        return [handle.read()]


def _note_letter(row: Draft, letter: DraftDocument | None, photos: list[str]) -> None:
    row.answers = {n: value for n, value in row.answers.items() if n not in {APART, PHOTOS}}
    if letter:
        row.answers[APART] = str(letter.uuid)
    if photos:
        row.answers[PHOTOS] = photos
    row.save(update_fields=["answers", "updated_at"])


# ---------------------------------------------------------------- brought afterwards


def bring(application: Application, *, letter, documents, by) -> Application:
    """A new letter and documents for an application that was returned; its text stays as it was.

    letter, documents: uploads. Raises ValidationError with a sentence, or MoveRefused.
    """
    if not letter and not documents:
        raise ValidationError(gettext("Choose the document first."))
    check_repair(application)
    scan = letter_from(letter) if letter else None
    with transaction.atomic():
        row = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
        check_repair(row)
        files = [_accepted(_file(row, upload)) for upload in documents]
        known = set(row.files.values_list("sha256", flat=True))
        files = [each for each in files if each.sha256 not in known]
        if row.files.count() + len(files) > MAX_DOCUMENTS:
            message = gettext("No more than %(limit)s are kept.") % {"limit": MAX_DOCUMENTS}
            raise ValidationError(message)
        if scan:
            made = _accepted(Letter(application=row, file=scan, language=row.language))
            Letter.objects.filter(application=row).delete()
            made.save()
        for each in files:
            each.save()
        AuditEvent.record(
            row,
            action="papers",
            actor=by,
            via=AuditEvent.Via.SITE,
            details={"letter": bool(scan), "documents": len(files)},
        )
        return repaired(row, by=by)


def _file(application: Application, upload) -> ApplicationFile:
    title = PurePosixPath(upload.name).stem[:160]
    language = application.language
    return ApplicationFile(
        application=application, file=upload, language=language, **{f"title_{language}": title}
    )
