"""Uploads: one path in, one path out.

In: the real type is told by the content, never by the name; images are decoded and encoded anew
without EXIF; documents are looked into. What is refused gets a sentence and leaves nothing behind.
Out: publishing/views.py serves a file only while the record that owns it is readable.
"""

import hashlib
import io
import lzma
import re
import shutil
import struct
import uuid
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from publishing.languages import TwoLanguageRow

MEGABYTE = 1024 * 1024
MAX_PICTURE_BYTES = 15 * MEGABYTE
MAX_DOCUMENT_BYTES = 25 * MEGABYTE
#: A 50-megapixel image needs 150 MB to decode; a phone's photo has 12 to 48.
MAX_PIXELS = 48_000_000
MAX_SIDE = 2400
#: What a document may unpack to, in all and against its packed size.
MAX_UNPACKED_BYTES = 150 * MEGABYTE
MAX_RATIO = 150
MAX_MEMBERS = 3000

#: Widths a reader may get, in CSS pixels times density; larger than the picture is left out.
WIDTHS = (480, 960, 1440)
RENDITION_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
PICTURE_TYPES = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}
OFFICE_PARTS = {
    ".docx": "word/document.xml",
    ".xlsx": "xl/workbook.xml",
    ".pptx": "ppt/presentation.xml",
}
DOCUMENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
#: What the readers of PDF and of archives raise on damaged or hostile files.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?)\b")
MARKUP = re.compile(rb"<(script|html|svg|iframe|\?php|!doctype)", re.IGNORECASE)


@dataclass(frozen=True)
class AcceptedPicture:
    """An image decoded and encoded anew: JPEG bytes without metadata and its size in pixels."""

    content: bytes
    width: int
    height: int


@dataclass(frozen=True)
class AcceptedDocument:
    """A document as it came, and what was found in it. pages: None where it has none."""

    content: bytes
    extension: str
    pages: int | None
    has_macros: bool


def _read(upload, limit: int) -> bytes:
    if upload.size > limit:
        raise ValidationError(
            _("The file is too large: %(size)s MB. At most %(limit)s MB are accepted.")
            % {"size": round(upload.size / MEGABYTE, 1), "limit": limit // MEGABYTE}
        )
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    if not content:
        raise ValidationError(_("The file is empty."))
    return content


def accept_picture(upload) -> AcceptedPicture:
    """Return the picture ready to be stored; raises ValidationError with a sentence."""
    content = _read(upload, MAX_PICTURE_BYTES)
    not_a_picture = ValidationError(_("This is not a picture. JPEG, PNG and WebP are accepted."))
    if MARKUP.search(content[:4096]) or b"%PDF-" in content[:1024]:
        raise not_a_picture
    try:
        with warnings.catch_warnings():
            # The limit is our own; what else Pillow remarks on damaged metadata is dropped with them.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=list(PICTURE_TYPES))
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValidationError(
                    _("The picture is too large: %(pixels)s megapixels. At most %(limit)s.")
                    % {"pixels": width * height // 1_000_000, "limit": MAX_PIXELS // 1_000_000}
                )
            _check_extension(upload.name, PICTURE_TYPES[image.format])
            _refuse_second_format(content)
            image.load()
            image = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise not_a_picture from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        LookupError,
        TypeError,
        ArithmeticError,
        struct.error,
    ) as error:
        raise ValidationError(_("The picture is damaged and cannot be opened.")) from error
    if image.mode in {"RGBA", "LA", "P"}:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    image.info = {}  # Pillow would write the comment of the original into the new file
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return AcceptedPicture(out.getvalue(), *image.size)


def accept_document(upload) -> AcceptedDocument:
    """Return the document and what is in it; raises ValidationError with a sentence."""
    content = _read(upload, MAX_DOCUMENT_BYTES)
    extension = PurePosixPath(upload.name).suffix.lower()
    if extension in {".docm", ".xlsm", ".pptm"}:
        raise ValidationError(
            _("Documents with macros are not accepted. Save it as .docx or .xlsx.")
        )
    if extension not in DOCUMENT_TYPES:
        raise ValidationError(_("PDF, DOCX, XLSX and PPTX are accepted."))
    if extension == ".pdf":
        return _accept_pdf(content)
    return _accept_office(content, extension)


def _accept_pdf(content: bytes) -> AcceptedDocument:
    if not content.startswith(b"%PDF-") or MARKUP.search(content[:1024]):
        raise ValidationError(_("The content of the file is not what its name says."))
    _refuse_second_format(content)
    # Loaded when needed: it costs a third of a second and memory in every process.
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        pages = len(reader.pages)
        active = any(ACTIVE_PDF.search(_spelt_out(part)) for part in _pdf_parts(content, reader))
    except (*UNREADABLE, PyPdfError, DependencyError) as error:
        raise ValidationError(_("The document is damaged and cannot be opened.")) from error
    return AcceptedDocument(content, ".pdf", pages, active)


def _pdf_parts(content: bytes, reader) -> Iterator[bytes]:
    """The file, and its objects that stand compressed in streams, where a search would not see them."""
    yield content
    for number in {stream for stream, _index in reader.xref_objStm.values()}:
        yield reader.get_object(number).get_data()


def _spelt_out(content: bytes) -> bytes:
    """Names with their letters: /J#61vaScript is /JavaScript."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), content)


def _accept_office(content: bytes, extension: str) -> AcceptedDocument:
    if not content.startswith(b"PK\x03\x04"):
        raise ValidationError(_("The content of the file is not what its name says."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            unpacked = sum(member.file_size for member in members)
            if (
                len(members) > MAX_MEMBERS
                or unpacked > MAX_UNPACKED_BYTES
                or unpacked > len(content) * MAX_RATIO
            ):
                raise ValidationError(_("The document unpacks to far too much and was refused."))
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or OFFICE_PARTS[extension] not in names:
                raise ValidationError(_("The content of the file is not what its name says."))
            has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
            types = package.read("[Content_Types].xml")
            has_macros = has_macros or b"macroEnabled" in types
            pages = _office_pages(package, names)
    except UNREADABLE as error:
        raise ValidationError(_("The document is damaged and cannot be opened.")) from error
    return AcceptedDocument(content, extension, pages, has_macros)


def _office_pages(package: zipfile.ZipFile, names: set[str]) -> int | None:
    """Pages or slides as the program that saved the document counted them."""
    if "docProps/app.xml" not in names:
        return None
    found = re.search(rb"<(Pages|Slides)>(\d{1,5})</", package.read("docProps/app.xml"))
    return int(found[2]) if found and int(found[2]) else None


def _check_extension(name: str, allowed: tuple[str, ...]) -> None:
    if PurePosixPath(name).suffix.lower() not in allowed:
        raise ValidationError(_("The content of the file is not what its name says."))


def _refuse_second_format(content: bytes) -> None:
    """Refuse a file that is two things at once: a picture or PDF that is an archive or page too."""
    if zipfile.is_zipfile(io.BytesIO(content)) or MARKUP.search(content[-4096:]):
        raise ValidationError(_("The file holds something else beside what its name says."))


class _AcceptingField(models.FileField):
    """A file field whose uploads pass `accept` on every path: forms by clean(), code by pre_save()."""

    def accept(self, upload, instance):
        raise NotImplementedError

    def clean(self, value, model_instance):
        value = super().clean(value, model_instance)
        self.accept_once(value, model_instance)
        return value

    def pre_save(self, model_instance, add):
        self.accept_once(getattr(model_instance, self.attname), model_instance)
        return super().pre_save(model_instance, add)

    def accept_once(self, field_file, instance):
        """Pass a new upload through `accept` and note its size and digest; a second call is free."""
        if not field_file or field_file._committed or getattr(field_file.file, "is_accepted", 0):  # noqa: SLF001
            return
        content, name = self.accept(field_file.file, instance)
        accepted = ContentFile(content, name=name)
        accepted.is_accepted = True
        instance.bytes = len(content)
        instance.sha256 = hashlib.sha256(content).hexdigest()
        field_file.file = accepted
        field_file.name = name


class PictureFileField(_AcceptingField):
    def accept(self, upload, instance):
        accepted = accept_picture(upload)
        instance.width, instance.height = accepted.width, accepted.height
        instance.widths = []
        return accepted.content, "original.jpg"


class DocumentFileField(_AcceptingField):
    def accept(self, upload, instance):
        accepted = accept_document(upload)
        instance.pages, instance.has_macros = accepted.pages, accepted.has_macros
        return accepted.content, f"document{accepted.extension}"


def stored_path(instance, filename: str) -> str:
    """Where a file of the instance lies; the name of a rendition may come from an address."""
    if not re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+", filename):
        raise SuspiciousFileOperation
    return f"{instance._meta.label_lower}/{instance.uuid}/{filename}"  # noqa: SLF001


class StoredFile(TwoLanguageRow):
    """A file that belongs to a record and is served while that record is readable.

    A subclass names the foreign key to its record in `owner`.
    """

    owner = ""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bytes = models.PositiveIntegerField(_("size, bytes"), default=0, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def save(self, *args, **kwargs):
        # Size and digest stand in columns before the file's own, so they are found out first.
        self._meta.get_field("file").accept_once(self.file, self)
        super().save(*args, **kwargs)

    def is_visible(self) -> bool:
        """Whether readers may have the file: the record's own publication rule."""
        return getattr(self, self.owner).is_readable

    def url(self, filename: str) -> str:
        return reverse("media", args=[self._meta.label_lower, self.uuid, filename])


#: Columns that belong to one row alone; all others a twin takes along.
OF_ONE_ROW = {"id", "uuid", "file", "created_at"}


def twin(stored: StoredFile, model: type[StoredFile], **fields) -> StoredFile:
    """A row of the model with the same words and size, not saved yet; `share_file` gives it the file."""
    made = model(**fields)
    translated = {*stored.translated_field_names(), *made.translated_field_names()}
    known = {each.attname for each in made._meta.concrete_fields if not each.is_relation}  # noqa: SLF001
    for each in stored._meta.concrete_fields:  # noqa: SLF001
        name = each.attname
        if name in known and name not in OF_ONE_ROW | translated | fields.keys():
            setattr(made, name, getattr(stored, name))
    made.file = stored_path(made, PurePosixPath(stored.file.name).name)
    return made


def share_file(stored: StoredFile, made: StoredFile) -> None:
    """Let the twin have the file, renditions too; the bytes are neither read nor looked into again.

    On the disk both names lead to them, so the deletion of one row leaves the other’s file.
    """
    storage = stored.file.storage
    folder = stored_path(stored, "x.x").rpartition("/")[0]
    for name in storage.listdir(folder)[1]:
        _link(Path(storage.path(f"{folder}/{name}")), Path(storage.path(stored_path(made, name))))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def delete_files(sender, instance: StoredFile, **kwargs) -> None:
    """Take a deleted row's files off the disk once the deletion has committed, renditions too."""
    storage = instance.file.storage
    folder = stored_path(instance, "x.x").rpartition("/")[0]

    def delete():
        if storage.exists(folder):
            for name in storage.listdir(folder)[1]:
                storage.delete(f"{folder}/{name}")
            storage.delete(folder)

    transaction.on_commit(delete)


class StoredPicture(StoredFile):
    """A photo with its alternative text; widths tells which renditions are ready."""

    file = PictureFileField(_("picture"), upload_to=stored_path, max_length=200)
    alt = models.CharField(
        _("what the picture shows"),
        max_length=200,
        blank=True,
        help_text=_("For those who do not see it. One sentence, without «photo of»."),
    )
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    author = models.CharField(_("photographer"), max_length=120, blank=True)
    width = models.PositiveSmallIntegerField(default=0, editable=False)
    height = models.PositiveSmallIntegerField(default=0, editable=False)
    widths = models.JSONField(default=list, editable=False)

    class Meta(StoredFile.Meta):
        abstract = True

    def __str__(self):
        return self.alt or self.caption or str(self.uuid)

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        if self.file and not self.widths:
            from publishing.tasks import make_renditions

            label, pk = self._meta.label_lower, self.pk
            transaction.on_commit(lambda: make_renditions.enqueue(label, pk))

    @property
    def src(self) -> str:
        """Address of the plain JPEG: the smallest rendition, or the original until there is one."""
        return self.url(f"{self.widths[0]}.jpg" if self.widths else "original.jpg")

    @property
    def sources(self) -> list[dict[str, str]]:
        """For <source>: [{type, srcset}], best first; empty until the renditions are made."""
        return [
            {
                "type": RENDITION_TYPES[kind],
                "srcset": ", ".join(
                    f"{self.url(f'{width}.{kind}')} {width}w" for width in self.widths
                ),
            }
            for kind in RENDITION_TYPES
            if self.widths
        ]

    def write_renditions(self) -> list[int]:
        """Write AVIF, WebP and JPEG at the fixed widths; returns the widths. Idempotent."""
        storage = self.file.storage
        with self.file.open("rb") as handle:
            image = Image.open(handle, formats=["JPEG"])
            image.load()
        widths = [width for width in WIDTHS if width < self.width] or [self.width]
        for width in widths:
            height = max(1, round(self.height * width / self.width))
            smaller = image.resize((width, height), Image.Resampling.LANCZOS)
            for kind, options in (
                ("avif", {"quality": 55, "speed": 8}),
                ("webp", {"quality": 72, "method": 4}),
                ("jpg", {"quality": 74, "optimize": True, "progressive": True}),
            ):
                out = io.BytesIO()
                smaller.save(out, {"jpg": "JPEG"}.get(kind, kind.upper()), **options)
                name = stored_path(self, f"{width}.{kind}")
                storage.delete(name)
                storage.save(name, ContentFile(out.getvalue()))
        return widths


class DocumentKind(models.TextChoices):
    DOCUMENT = "document", _("document")
    TEMPLATE = "template", _("template to fill in")
    SLIDES = "slides", _("slides")
    SHEET = "sheet", _("spreadsheet")


class StoredDocument(StoredFile):
    """A document for readers to take away, shown with its size and pages."""

    Kind = DocumentKind

    file = DocumentFileField(_("file"), upload_to=stored_path, max_length=200)
    title = models.CharField(_("title"), max_length=160)
    kind = models.CharField(_("kind"), max_length=10, choices=DocumentKind, default="document")
    language = models.CharField(
        _("language of the document"),
        max_length=2,
        choices=settings.LANGUAGES,
        default="ky",
    )
    pages = models.PositiveSmallIntegerField(_("pages"), null=True, blank=True, editable=False)
    has_macros = models.BooleanField(
        _("holds macros or scripts"),
        default=False,
        editable=False,
        help_text=_("Readers do not see such a document."),
    )

    class Meta(StoredFile.Meta):
        abstract = True

    def __str__(self):
        return self.title or str(self.uuid)

    @property
    def extension(self) -> str:
        return PurePosixPath(self.file.name).suffix.lstrip(".")

    @property
    def filename(self) -> str:
        from publishing.slugs import latin_slug

        return f"{latin_slug(self.title or '') or 'document'}.{self.extension}"

    @property
    def src(self) -> str:
        return self.url(self.filename)

    def is_visible(self) -> bool:
        return not self.has_macros and super().is_visible()


def stored_model(label: str) -> type[StoredFile] | None:
    """The model of an address «practices.photo», when it is one that stores files."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, StoredFile) else None
