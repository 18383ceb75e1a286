"""Contact persons from a CSV table or a vCard file of a phone: read, shown, then kept.

Nothing is guessed and nothing is lost: what has no column of its own goes into the note, what does not
fit there is told; who is here already is told and not doubled.
"""

import csv
import io
import quopri
import re
from base64 import b64decode
from dataclasses import asdict, dataclass, field

from django import forms
from django.core import signing
from django.db import transaction
from django.db.models import Max
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.models import Contact, Partner
from publishing.languages import current_language

#: Cards carry photos; those are told and left out.
MAX_BYTES = 10 * 1024 * 1024
MAX_CONTACTS = 500
SALT = "partners.contacts"
#: The list waits so long between the look and the press of the button, in seconds.
KEPT_FOR = 6 * 60 * 60
#: Letters of a number that tell whose it is: with or without +996 and 0 in front.
PHONE_DIGITS = 9


_FOLD = str.maketrans("өүңёӳ", "оунеу")


def fold(text: str) -> str:
    """Lower case, with the Kyrgyz letters that people type without their tails."""
    return " ".join(text.lower().translate(_FOLD).split())


class FileRefused(Exception):
    """Why nothing of the file can be read, as one sentence."""


@dataclass
class FoundContact:
    """As read from the file. left_out: what found no place, in words."""

    name: str
    post: str = ""
    phone: str = ""
    email: str = ""
    organisation: str = ""
    note: str = ""
    left_out: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- reading


def read_contacts(content: bytes) -> list[FoundContact]:
    """Everybody in the file, vCard or CSV told by the content. Raises FileRefused."""
    if len(content) > MAX_BYTES:
        raise FileRefused(gettext("The file is too large: 10 MB at most."))
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(gettext("This is a spreadsheet: save it as CSV."))
    text = decoded(content)
    if "\0" in text:
        raise FileRefused(gettext("This is neither a table (CSV) nor contacts (vCard)."))
    is_card = re.search(r"^\s*BEGIN:VCARD", text[:2000], re.IGNORECASE | re.MULTILINE)
    found = read_cards(text) if is_card else read_table(text)
    if not found:
        raise FileRefused(gettext("No contact was found in the file."))
    if len(found) > MAX_CONTACTS:
        raise FileRefused(
            gettext("%(count)s contacts are too many at once: %(limit)s at most.")
            % {"count": len(found), "limit": MAX_CONTACTS}
        )
    return found


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with one, else the Windows code page of Cyrillic."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


#: What a column of a table holds, by its folded heading; the first that fits. «-»: what a program writes
#: beside the rest and nobody needs; «»: of no column here, kept in the note.
HEADINGS = tuple(
    (name, re.compile(words))
    for name, words in (
        ("-", r"(\btype|\blabels?)$|^тип эл|^краткое имя эл|^e-?mail.* display name$|^group membership"
              r"|^photo$|^file as$|^initials$|^инициалы$|^priority$|^важность$|^sensitivity$|^private$"
              r"|^частное$|^gender$|phonetic|\byomi\b|^directory server$"),
        ("", r"\b(fax|факс|prefix|suffix|nickname)\b"),
        ("phone", r"phone|\bmobile\b|телефон|^тел\b|^моб|\btel\b|^номер$|whatsapp|ватсап"),
        ("email", r"^e-?mail|^mail$|эл\. ?почт|^почта|^электрон"),
        ("unit", r"\bdepartment$|^отдел|^подразделен|^болум"),
        ("post", r"^(post|position|title|job title)$|^organi[sz]ation( \d+ -)? title$|^должност|^кызмат"),
        ("organisation", r"^(organi[sz]ation( \d+ -)?|company)( name)?$|^((название )?организаци[яи]|партнер"
                         r"|место работы|уюму?|уюмдун аты|мекемеси?|мекеменин аты|онокто\w*)$"),
        ("first", r"^(first|given) name$"),
        ("middle", r"^(middle|additional) name$|^отчество|^атасынын аты"),
        ("last", r"^(last|family) name$|^surname$|^фамилия"),
        ("name", r"^(имя|фио|ф\. ?и\. ?о\.?|аты|аты-жону|((full|display) )?name|контакт(ное лицо)?|байланышуучу)( |$)"),
        ("note", r"^(notes?|примечани\w*|заметки|эскертуу\w*|комментар\w*)$"),
    )
)  # fmt: skip
#: How programs write that a day is not known.
NO_DAY = re.compile(r"0+([./-])0+(?:\1)0+")


def field_of(heading: str) -> str:
    """The field a column belongs to, «» where its heading is not known, «-» where it says nothing."""
    words = fold(re.split(r"[(,/:*]", heading)[0])
    return next((name for name, known in HEADINGS if known.search(words)), "")


def read_table(text: str) -> list[FoundContact]:
    lines = text.splitlines()
    if lines and re.fullmatch(r"sep=.\s*", lines[0], re.IGNORECASE):  # Excel's own first line
        text = "\n".join(lines[1:])
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise FileRefused(gettext("The table cannot be read.")) from error
    if not rows:
        return []
    headings = rows[0]
    fields = [field_of(heading) for heading in headings]
    if "job title" in map(fold, headings):
        # Then «Title» beside it is a form of address.
        fields = [
            "" if fold(each) == "title" else name
            for each, name in zip(headings, fields, strict=True)
        ]
    if not {"name", "first", "last"} & set(fields):
        raise FileRefused(
            gettext("The first line must name the columns; one of them is the name of the person.")
        )
    return [
        contact
        for cells in rows[1:]
        if any(cell.strip() for cell in cells) and (contact := _of_row(headings, fields, cells))
    ]


def _of_row(headings, fields, cells) -> FoundContact:
    values: dict[str, list[str]] = {}
    rest: list[tuple[str, str]] = []
    for number, cell in enumerate(cells):
        words = " ".join(cell.split())
        name = fields[number] if number < len(fields) else ""
        if not words or name == "-" or NO_DAY.fullmatch(words):
            continue
        if name:
            values.setdefault(name, []).append(words)
            continue
        heading = headings[number].strip() if number < len(headings) else ""
        # «Address 1 - Formatted» is followed by its parts.
        group = heading.partition(" - ")[0]
        if not any(words in other for earlier, other in rest if earlier.startswith(f"{group} - ")):
            rest.append((heading, words))
    of = {name: values.get(name, []) for name in ("last", "first", "middle", "name")}
    # «Имя» beside «Фамилия» is the first name; together they are one, in the order people write it here.
    if not of["name"] or (of["last"] and not of["first"]):
        names = [*of["last"], *of["first"], *of["name"], *of["middle"]]
    else:
        names = of["name"]
    return contact_of(
        names=names,
        post=[*values.get("post", []), *values.get("unit", [])],
        organisations=values.get("organisation", []),
        # Google puts several numbers into one cell.
        phones=[each for cell in values.get("phone", []) for each in cell.split(" ::: ")],
        emails=[each for cell in values.get("email", []) for each in cell.split(" ::: ")],
        notes=[
            *values.get("note", []),
            *(f"{heading}: {words}" if heading else words for heading, words in rest),
        ],
    )


def read_cards(text: str) -> list[FoundContact]:
    """vCard 2.1, 3.0 and 4.0: folded lines, quoted-printable, base64, groups («item1.TEL»)."""
    found = []
    card: list[tuple[str, dict, str]] | None = None
    for name, options, value in _properties(text):
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            card = []
        elif name == "END" and card is not None:
            found.append(_of_card(card))
            card = None
        elif card is not None:
            card.append((name, options, value))
    if card:
        # The file was cut off; whoever stands at its end is not lost.
        found.append(_of_card(card))
    return found


def _properties(text: str):
    """(name, {parameter: value}, value) of every line, unfolded and decoded."""
    lines = re.split(r"\r\n|\n|\r", text)
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        head = line.partition(":")[0]
        if re.search(r"QUOTED-PRINTABLE", head, re.IGNORECASE):
            # A soft break at the end: the value goes on in the next line.
            while line.endswith("=") and number < len(lines):
                line = line[:-1] + lines[number]
                number += 1
        folded = [line]
        while number < len(lines) and lines[number][:1] in {" ", "\t"}:
            folded.append(lines[number][1:])
            number += 1
        line = "".join(folded)
        head, colon, value = _parted(line)
        if not colon:
            continue
        name, *rest = head.split(";")
        options: dict[str, str] = {}
        for part in rest:
            key, equals, word = part.partition("=")
            key = key.upper() if equals else "TYPE"
            word = word if equals else part
            options[key] = f"{options[key]},{word}" if key in options else word
        encoding = (options.get("ENCODING") or options.get("TYPE", "")).upper()
        if "QUOTED-PRINTABLE" in encoding:
            value = _said(quopri.decodestring(_as_sent(value, options)), options)
        elif encoding in {"B", "BASE64"} and "CHARSET" in options:
            value = _said(b64decode(value + "==", validate=False), options)
        yield name.rpartition(".")[2].strip().upper(), options, value


def _parted(line: str) -> tuple[str, str, str]:
    """Head and value; a colon inside quotes belongs to the head."""
    quoted = False
    for number, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char == ":" and not quoted:
            return line[:number], ":", line[number + 1 :]
    return line, "", ""


def _as_sent(value: str, options: dict) -> bytes:
    """Letters left plain between quoted ones, in the letters' own code."""
    try:
        return value.encode(options.get("CHARSET", "utf-8").strip('"'), "replace")
    except LookupError:
        return value.encode()


def _said(content: bytes, options: dict) -> str:
    try:
        return content.decode(options.get("CHARSET", "utf-8").strip('"'))
    except (LookupError, UnicodeDecodeError):
        return decoded(content)


def _parts(value: str) -> list[str]:
    """Parts of a value between semicolons; «\\;» is no end, «\\n» a break."""
    parts = re.split(r"(?<!\\);", value)
    return [
        " ".join(
            re.sub(r"\\([\\;,:])", r"\1", re.sub(r"\\[nN]", "\n", part)).split()
        )
        for part in parts
    ]  # fmt: skip


#: What a card holds and no list of contacts needs; so do programs' own notes of how to draw it.
PASSED_BY = {"VERSION", "PRODID", "REV", "UID", "N", "FN", "KIND", "SOURCE", "MAILER", "SORT-STRING",
             "PROFILE", "CLASS", "NAME", "CATEGORIES", "CLIENTPIDMAP", "X-GENDER", "X-IMAGETYPE",
             "X-IMAGEHASH", "X-SHARED-PHOTO-DISPLAY-PREF", "X-WAB-GENDER"}  # fmt: skip
PROGRAMS = ("X-AB", "X-MS-OL-", "X-PHONETIC", "X-ADDRESSBOOKSERVER", "X-GOOGLE", "X-MICROSOFT")
WHOLE = {"PHOTO": _("photo"), "LOGO": _("logo"), "SOUND": _("sound"), "KEY": _("key"),
         "X-MS-CARDPICTURE": _("photo")}  # fmt: skip
#: What else a card may say, as it stands in the note.
SAID = {"ADR": _("address"), "LABEL": _("address"), "URL": _("site"), "BDAY": _("birthday")}


def _of_card(card) -> FoundContact:
    def all_of(name):
        return [_parts(value) for each, _options, value in card if each == name]

    name = next((" ".join(filter(None, parts)) for parts in all_of("FN")), "")
    if not name:
        for parts in all_of("N"):
            last, first, middle, *_rest = [*parts, "", "", ""]
            name = " ".join(filter(None, (last, first, middle)))
    left_out, notes = [], []
    has_address = any(each == "ADR" for each, _options, _value in card)
    known = {"TITLE", "ROLE", "ORG", "TEL", "EMAIL", "NOTE"}
    for each, _options, value in card:
        if each in WHOLE:
            left_out.append(str(WHOLE[each]))
        elif each == "X-ANDROID-CUSTOM":
            # «vnd.android.cursor.item/nickname;Айка;1;;;»: the word after the kind.
            if words := next(iter(_parts(value)[1:]), ""):
                notes.append(words)
        elif each in known | PASSED_BY or each.startswith(PROGRAMS):
            continue
        elif words := ", ".join(filter(None, _parts(value))):
            label = SAID.get(each) or each.removeprefix("X-").lower()
            if not (each == "LABEL" and has_address):
                notes.append(f"{capfirst(label)}: {words}")
    titles = [" ".join(parts) for each in ("TITLE", "ROLE") for parts in all_of(each)]
    organisations = [list(filter(None, parts)) for parts in all_of("ORG")]
    units = [", ".join(parts[1:]) for parts in organisations if len(parts) > 1]
    return contact_of(
        names=[name],
        post=[", ".join(filter(None, [*titles, *units]))],
        organisations=[parts[0] for parts in organisations if parts],
        phones=[" ".join(parts).removeprefix("tel:") for parts in all_of("TEL")],
        emails=["".join(parts) for parts in all_of("EMAIL")],
        notes=[" ".join(filter(None, parts)) for parts in all_of("NOTE")] + notes,
        left_out=left_out,
    )


def contact_of(*, names, post, organisations, phones, emails, notes, left_out=()) -> FoundContact:
    """Put together what was read; a value too long for its column goes on in the note, and so does a
    second organisation. A number written in two ways is one.
    """
    organisation, *others = dict.fromkeys(filter(None, organisations)) or [""]
    notes, left_out = [*notes, *others], list(left_out)
    numbers: dict[object, str] = {}
    for phone in phones:
        numbers.setdefault(frozenset(phone_keys(phone)) or phone, phone)

    def fitting(values, name, sign=", "):
        values = list(dict.fromkeys(filter(None, (value.strip() for value in values))))
        limit = Contact._meta.get_field(name).max_length  # noqa: SLF001
        kept = []
        for value in values:
            if len(sign.join([*kept, value])) <= limit:
                kept.append(value)
            else:
                notes.append(value)
        return sign.join(kept)

    mails = [mail.strip().lower() for mail in emails if mail.strip()]
    email = next((mail for mail in mails if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", mail)), "")
    notes += [mail for mail in dict.fromkeys(mails) if mail != email]
    found = FoundContact(
        name=fitting([" ".join(filter(None, names))], "name"),
        post=fitting(post, "post"),
        phone=fitting(numbers.values(), "phone"),
        email=email,
        organisation=" ".join(organisation.split())[:160],
    )
    if not found.name:
        found.name = (found.organisation or found.phone or found.email or "?")[:120]
    limit = Contact._meta.get_field("note").max_length  # noqa: SLF001
    kept: list[str] = []
    for words in filter(None, (" ".join(note.split()) for note in notes)):
        if len("; ".join([*kept, words])) <= limit:
            kept.append(words)
        else:
            left_out.append(words)
    found.note = "; ".join(kept)
    found.left_out = left_out
    return found


# ---------------------------------------------------------------- shown, then kept


def phone_keys(text: str) -> set[str]:
    """Last digits of every number in the text: the same, however it is written."""
    numbers = (re.sub(r"\D", "", part) for part in re.split(r"[,;/]", text or ""))
    return {number[-PHONE_DIGITS:] for number in numbers if len(number) >= 6}


class Known:
    """Who is here already: at a partner by name, anywhere by number or address."""

    def __init__(self):
        self.by_key: dict[tuple, Contact] = {}
        for contact in Contact.objects.select_related("partner").order_by("pk"):
            for key in self.keys(contact, contact.partner_id):
                self.by_key.setdefault(key, contact)

    @staticmethod
    def keys(contact, partner_id) -> list[tuple]:
        keys: list[tuple] = [("phone", number) for number in sorted(phone_keys(contact.phone))]
        if contact.email:
            keys.append(("email", contact.email.lower()))
        return [*keys, ("name", partner_id, " ".join(sorted(fold(contact.name).split())))]

    def find(self, contact, partner_id) -> Contact | None:
        keys = (self.by_key.get(key) for key in self.keys(contact, partner_id))
        return next(filter(None, keys), None)

    def add(self, contact) -> None:
        for key in self.keys(contact, contact.partner_id):
            self.by_key.setdefault(key, contact)


@dataclass
class FoundContacts:
    """What was read from one file, on its way through the browser: signed, so that it comes back whole."""

    contacts: list[FoundContact]
    partner: int | None = None

    def pack(self) -> str:
        rows = [asdict(contact) for contact in self.contacts]
        return signing.dumps({"partner": self.partner, "rows": rows}, salt=SALT, compress=True)

    @classmethod
    def unpack(cls, text: str) -> "FoundContacts | None":
        try:
            data = signing.loads(text, salt=SALT, max_age=KEPT_FOR)
        except signing.BadSignature:
            return None
        return cls([FoundContact(**row) for row in data["rows"]], data["partner"])

    def homeless(self, data) -> list[str]:
        """Names of those ticked in the form for whom no partner is chosen."""
        ticked = set(data.getlist("take"))
        return [
            contact.name
            for number, contact in enumerate(self.contacts)
            if str(number) in ticked and not data.get(f"partner-{number}")
        ]

    def rows(self, data=None) -> list[dict]:
        """For the preview: [{number, contact, partner, twin, is_repeated, is_ticked}]; partner: pk it
        would go to; data: what was chosen in the form already.
        """
        index, known, seen = PartnerIndex(), Known(), set()
        rows = []
        for number, contact in enumerate(self.contacts):
            partner = index.find(contact.organisation) or self.partner
            twin = known.find(contact, partner)
            keys = {key for key in known.keys(contact, partner) if key[0] != "name" or partner}
            is_repeated = bool(seen & keys)
            seen |= keys
            is_ticked = bool(partner) and twin is None and not is_repeated
            if data is not None:
                chosen = data.get(f"partner-{number}", "")
                partner = int(chosen) if re.fullmatch("[0-9]{1,9}", chosen) else None
                is_ticked = str(number) in data.getlist("take")
            rows.append(
                {
                    "number": number,
                    "contact": contact,
                    "partner": partner,
                    "twin": twin,
                    "is_repeated": is_repeated,
                    "is_ticked": is_ticked,
                }
            )
        return rows


class PartnerIndex:
    """Partners by their names and short names in either language."""

    def __init__(self):
        self.by_name: dict[str, int] = {}
        for partner in Partner.objects.order_by("pk"):
            for language in ("ky", "ru"):
                for name in ("title", "short_name"):
                    if words := self.key(getattr(partner, f"{name}_{language}") or ""):
                        self.by_name.setdefault(words, partner.pk)

    @staticmethod
    def key(name: str) -> str:
        return " ".join(re.findall(r"\w+", fold(name)))

    def find(self, name: str) -> int | None:
        return self.by_name.get(self.key(name)) if name else None


@transaction.atomic
def keep_contacts(found: FoundContacts, data) -> dict[Partner, list[Contact]]:
    """Keep the rows ticked in the form (`take`, and `partner-<number>` of each), but for those who have
    come meanwhile: pressed twice, it keeps nobody twice.
    """
    partners = {
        str(partner.pk): partner for partner in Partner.objects.select_for_update(of=("self",))
    }
    known, places = Known(), {}
    ticked = set(data.getlist("take"))
    kept: dict[Partner, list[Contact]] = {}
    for number, row in enumerate(found.contacts):
        partner = partners.get(data.get(f"partner-{number}", ""))
        if str(number) not in ticked or partner is None:
            continue
        # Ticked although somebody like this is known elsewhere: the same person at the same partner is not.
        twin = known.find(row, partner.pk)
        if twin is not None and twin.partner_id == partner.pk:
            continue
        if partner.pk not in places:
            places[partner.pk] = partner.contacts.aggregate(last=Max("position"))["last"] or 0
        places[partner.pk] += 1
        contact = Contact.objects.create(
            partner=partner,
            name=row.name,
            **{f"post_{language_of(row.post)}": row.post},
            phone=row.phone,
            email=row.email,
            note=row.note,
            position=places[partner.pk],
        )
        known.add(contact)
        kept.setdefault(partner, []).append(contact)
    return kept


def language_of(text: str) -> str:
    """Only Kyrgyz has ө, ү, ң; a text without them is taken for the language of whoever imports."""
    return "ky" if re.search("[өүң]", text.lower()) else current_language()


class ContactsForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV with commas or semicolons, or vCard (.vcf) of a phone or mail program."),
    )
    partner = forms.ModelChoiceField(
        label=_("Partner"),
        queryset=Partner.objects.order_by("sort_key"),
        required=False,
        help_text=_("For those whose organisation the file does not name."),
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(gettext("The file is too large: 10 MB at most."))
        try:
            self.contacts = read_contacts(upload.read())
        except FileRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return upload

    def found(self) -> FoundContacts:
        partner = self.cleaned_data["partner"]
        return FoundContacts(self.contacts, partner and partner.pk)
