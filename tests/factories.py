"""Valid things for tests, unpublished unless a trait says otherwise.

make_practice()                                   a draft with what a draft needs
make_practice("publishable")                      all that publication asks for
make_practice("published", theme=theme("waste"))  on the lists, Kyrgyz and Russian
make_practice("published", "ru_only")             the Kyrgyz text is absent
make_practice("published", "stale")               the Russian title is older than the Kyrgyz one
"""

import io
import itertools
import zipfile
from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from partners.choices import Licence
from people.models import DeskMessage, Membership, User
from places.models import District, Municipality, Oblast
from practices.choices import AdoptionStatus, UpkeepPayer
from practices.models import Adoption, Check, Practice
from publishing.languages import LANGUAGES, LanguageState
from publishing.models import Draft, Page
from publishing.workflow import READABLE, Status
from themes.models import Tag, Theme

TRAITS = {"publishable", "published", "ru_only", "ky_only", "stale"}
_numbers = itertools.count(1)


# ---------------------------------------------------------------- people and places


def make_user(*groups: str, email: str = "", is_staff: bool = True, **fields) -> User:
    """A person in the named groups."""
    email = email or f"person{next(_numbers)}@example.org"
    user = User.objects.create_user(email, is_staff=is_staff, **({"language": "ru"} | fields))
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def theme(slug: str = "drinking-water") -> Theme:
    return Theme.objects.get(slug=slug)


def oblast(name: str = "Чүй облусу") -> Oblast:
    return Oblast.objects.get(name_ky=name)


def town(name: str = "Нарын шаары") -> Municipality:
    """One of the towns that ship with the portal."""
    return Municipality.objects.get(name_ky=name)


def make_municipality(**fields) -> Municipality:
    """An айыл аймак; a new one each time."""
    number = next(_numbers)
    district = fields.pop("district", None) or District.objects.first()
    values = {
        "code": f"{district.code[:8]}8{number:05}"[:14],
        "kind": Municipality.Kind.AYIL_AIMAK,
        "district": district,
        "oblast": district.oblast,
        "name_ky": f"Сынак-{number} айыл аймагы",
        "name_ru": f"айылный аймак Сынак-{number}",
        "population": 5200,
        "population_year": 2024,
    }
    unit = Municipality(**(values | fields))
    unit.full_clean()
    unit.save()
    return unit


# ---------------------------------------------------------------- practices


def make_practice(*traits: str, **fields) -> Practice:
    """A practice; see the traits above. Fields are set last, as given."""
    if unknown := set(traits) - TRAITS:
        raise ValueError(f"no such traits: {', '.join(sorted(unknown))}")
    number = next(_numbers)
    language = "ru" if "ru_only" in traits else "ky"
    tags = fields.pop("tags", ())
    extra = fields.pop("themes_extra", ())
    values = {
        "original_language": language,
        "title_ky": f"{number}-көчөдө суу түтүгү",
        "title_ru": f"Водопровод на улице № {number}",
        "problem_ky": "<p>Суу жок болчу.</p>",
        "problem_ru": "<p>Воды не было.</p>",
        "solution_ky": "<p>Түтүк тартылды.</p>",
        "solution_ru": "<p>Провели трубу.</p>",
        "result_ky": "<p>Суу бар.</p>",
        "result_ru": "<p>Вода есть.</p>",
        "started_on": date(2023, 4, 1),
        "has_consent": True,
    }
    if "theme" not in fields:
        values["theme"] = theme()
    if "municipality" not in fields:
        values["municipality"] = town()
    is_complete = bool({"publishable", "published"} & set(traits))
    if is_complete:
        values |= {
            "promise_ky": "Үйлөр үчүн таза суу",
            "promise_ru": "Чистая вода для домов",
            "cost_once": 450_000,
            "cost_yearly": 20_000,
            "price_year": 2023,
            "upkeep_payer": UpkeepPayer.TARIFF,
            "lessons_ky": "Адегенде эсептегичтер.",
            "lessons_ru": "Сначала счётчики.",
            "contact_post_ky": "жооптуу катчы",
            "contact_post_ru": "ответственный секретарь",
            "licence": Licence.CC_BY,
            "has_no_personal_data": True,
        }
    one_language = {"ru_only": "ky", "ky_only": "ru"}
    for trait in traits:
        if absent := one_language.get(trait):
            values = {
                key: "" if key.endswith(f"_{absent}") else value for key, value in values.items()
            }
    if "published" in traits:
        values |= {
            "status": Status.PUBLISHED,
            "published_at": timezone.now() - timedelta(minutes=1),
        }
    values |= fields
    practice = Practice(**values)
    if practice.status in READABLE and practice.number is None:
        practice.number = 1000 + number
    practice.save()
    if is_complete:
        for position in (1, 2, 3):
            practice.steps.create(
                position=position,
                days=10 * position,
                **_in_languages(practice, "title", ky=f"{position}-кадам", ru=f"Шаг {position}"),
                **_in_languages(practice, "text", ky="Эмне кылынат.", ru="Что делают."),
                **_in_languages(practice, "responsible", ky="инженер", ru="инженер"),
            )
        practice.documents.create(
            position=1,
            kind="template",
            language=practice.original_language,
            file=upload("resolution.docx", docx()),
            **_in_languages(practice, "title", ky="Токтомдун үлгүсү", ru="Образец решения"),
        )
    practice.themes_extra.set(extra)
    practice.tags.set(tags)
    if "published" in traits:
        for each in LANGUAGES:
            if getattr(practice, f"title_{each}"):
                setattr(practice, f"state_{each}", LanguageState.READY)
    practice.refresh_languages()
    if "stale" in traits:
        practice.title_ky = f"{practice.title_ky}, кайра оңдолду"
        practice.refresh_languages()
    # What the caller says about the languages stands.
    for name, value in fields.items():
        if name.startswith("state_"):
            setattr(practice, name, value)
    practice.save()
    return practice


def _in_languages(practice, name, **texts) -> dict:
    return {
        f"{name}_{language}": text if getattr(practice, f"title_{language}") else ""
        for language, text in texts.items()
    }


def make_adoption(practice: Practice, *traits: str, **fields) -> Adoption:
    """A plan of another municipality; «counted»: at work and confirmed by the source."""
    values = {"practice": practice, "municipality": fields.pop("municipality", None)}
    values["municipality"] = values["municipality"] or make_municipality()
    if "counted" in traits:
        values |= {
            "status": AdoptionStatus.IMPLEMENTED,
            "started_on": date(2024, 3, 1),
            "finished_on": date(2024, 9, 1),
            "confirmed_on": date(2024, 10, 1),
            "cost_once": 600_000,
            "price_year": 2024,
        }
    return Adoption.objects.create(**(values | fields))


def make_tag(ky: str, ru: str = "") -> Tag:
    tag = Tag(name_ky=ky, name_ru=ru or None)
    tag.save()
    return tag


def make_page(**fields) -> Page:
    """An editors' page, a draft unless the status says otherwise."""
    number = next(_numbers)
    values = {
        "title_ky": f"Барак {number}",
        "title_ru": f"Страница {number}",
        "body_ky": "<p>Текст.</p>",
        "body_ru": "<p>Текст.</p>",
    }
    page = Page(**(values | fields))
    page.refresh_languages()
    page.save()
    return page


# ---------------------------------------------------------------- files


def upload(name: str, content: bytes, content_type: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type or "application/octet-stream")


def picture(kind: str = "JPEG", size=(640, 480), color="#8c2f2b", **options) -> bytes:
    """An image of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind, **options)
    return out.getvalue()


CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/{part}" ContentType="{type}"/></Types>'
)
PARTS = {
    "docx": ("word/document.xml", "wordprocessingml.document.main"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main"),
}


def docx(extra: dict[str, bytes] | None = None, kind: str = "docx") -> bytes:
    """The smallest package that passes as a document of the kind, and what is put into it."""
    part, name = PARTS[kind]
    media_type = f"application/vnd.openxmlformats-officedocument.{name}+xml"
    members = {
        "[Content_Types].xml": CONTENT_TYPES.format(part=part, type=media_type).encode(),
        part: b"<w:document/>",
        **(extra or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for member, content in members.items():
            # A date of its own would make two of them differ every two seconds.
            package.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf(pages: int = 1, script: str = "", attachment: str = "") -> bytes:
    """A small PDF, with JavaScript or a file attached to it where asked for."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=200, height=200)
    if script:
        from pypdf.actions import JavaScript

        writer.add_open_action(JavaScript(script))
    if attachment:
        writer.add_attachment(attachment, b"anything")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# ---------------------------------------------------------------- drafts


def make_draft(owner: User, record=None, **fields) -> Draft:
    """What somebody is writing; with a record: what it was sent as."""
    values = {
        "kind": "practice",
        "language": "ky",
        "answers": {"title": "Суу түтүгү"},
        "sent_at": timezone.now() if record else None,
    }
    return Draft.objects.create(owner=owner, record=record, **(values | fields))


def word_document(*lines: str) -> bytes:
    """A real Word document of these paragraphs."""
    from docx import Document

    document = Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_template(practice: Practice, *lines: str, **fields):
    """A template document of the practice: its paragraphs, with placeholders in them."""
    values = {
        "kind": "template",
        "language": "ru",
        "title_ky": "Токтомдун үлгүсү",
        "title_ru": "Образец решения",
        "file": upload("template.docx", word_document(*lines)),
    }
    return practice.documents.create(**(values | fields))


# ---------------------------------------------------------------- the ledger


def make_membership(user=None, municipality=None, *, is_verified=True, **fields):
    """A role in a municipality: confirmed for a year, or only asked for."""
    now = timezone.now()
    values = {"role": "secretary", "phone": f"+9967{next(_numbers):08}"}
    if is_verified:
        values |= {"verified_at": now, "expires_at": now + timedelta(days=365)}
    else:
        values |= {"code": f"{next(_numbers):06}", "code_expires_at": now + timedelta(days=3)}
    values |= {
        "user": user or make_user(is_staff=False),
        "municipality": municipality or make_municipality(),
    }
    return Membership.objects.create(**(values | fields))


def make_desk_message(**fields) -> DeskMessage:
    """A message that an operator sends by hand, of use for an hour."""
    values = {"phone": f"+9967{next(_numbers):08}", "text": "482913", "expires_at": timezone.now() + timedelta(hours=1)}  # fmt: skip
    return DeskMessage.objects.create(**(values | fields))


def make_check(*, asked_on: date | None = None, **fields) -> Check:
    """An open question about a practice or an adoption."""
    asked_on = asked_on or timezone.localdate()
    values = {"months": 12, "asked_on": asked_on, "answer_by": asked_on + timedelta(days=60)}
    return Check.objects.create(**(values | fields))
