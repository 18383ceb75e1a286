"""What a partner's own editors propose, and how an editor of the portal takes it over.

A proposal holds only what differs, each with what stood there when it was written: so nobody's words
are overwritten unseen, whoever was first.
"""

from dataclasses import dataclass
from datetime import date

import reversion
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from reversion.models import Version

from partners.choices import ProposalState
from partners.models import Partner, Project, Proposal
from places.models import Oblast
from publishing.changes import word_difference
from publishing.languages import LANGUAGES
from publishing.letters import send
from publishing.models import AuditEvent
from publishing.richtext import plain_text
from publishing.workflow import MoveRefused
from themes.models import Theme

#: Of its page a partner changes what it says of itself; names and kind are the register's.
PAGE_COLUMNS = (
    "summary_ky", "summary_ru", "description_ky", "description_ru", "site", "email", "phone",
    "address_ky", "address_ru",
)  # fmt: skip
PROJECT_COLUMNS = (
    "title_ky", "title_ru", "summary_ky", "summary_ru", "kind", "starts_on", "ends_on",
    "budget_band", "url", "themes", "is_countrywide", "oblasts",
)  # fmt: skip
RELATIONS = {"themes": Theme, "oblasts": Oblast}
#: Open proposals of one partner at a time: nobody fills the editors' list by mistake.
MOST_OPEN = 30


def columns_of(proposal: Proposal) -> tuple[str, ...]:
    return PROJECT_COLUMNS if proposal.is_about_project else PAGE_COLUMNS


def values_of(record: models.Model, columns) -> dict:
    """{column: value} of a Partner or Project as JSON holds it: days as text, relations as sorted ids."""
    values = {}
    for name in columns:
        if name in RELATIONS:
            pks = getattr(record, name).values_list("pk", flat=True) if record.pk else ()
            values[name] = sorted(pks)
            continue
        value = getattr(record, name)
        values[name] = value.isoformat() if isinstance(value, date) else value
        if value is None and not isinstance(record._meta.get_field(name), models.DateField):  # noqa: SLF001
            values[name] = ""
    return values


@transaction.atomic
def propose(
    *, partner: Partner, by, answers: dict, before: dict, project=None, about_project=False, note=""
) -> Proposal | None:
    """Keep what differs as a proposal; None where nothing does. The same once more is the same one.

    Raises ValidationError where the partner has too many open ones.
    """
    changed = {name: value for name, value in answers.items() if value != before.get(name)}
    if not changed:
        return None
    # Two presses of one button come one after the other.
    Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
    here = partner.proposals.open()
    same = here.filter(by=by, project=project, is_about_project=about_project, answers=changed)
    if known := same.first():
        return known
    if here.count() >= MOST_OPEN:
        raise ValidationError(
            gettext("Many of your proposals wait already. Let the editors decide on them first.")
        )
    return Proposal.objects.create(
        partner=partner,
        project=project,
        is_about_project=about_project,
        answers=changed,
        before={name: before.get(name) for name in changed},
        note=note,
        by=by,
    )


def take_back(*, proposal: Proposal) -> bool:
    """By its writer, while nobody has decided."""
    return bool(
        Proposal.objects.filter(pk=proposal.pk, state=ProposalState.OPEN).update(
            state=ProposalState.TAKEN_BACK, decided_at=timezone.now()
        )
    )


@dataclass(frozen=True)
class Difference:
    """One field of a proposal. has_moved: somebody has changed it since the proposal was written."""

    column: str
    label: str
    difference: SafeString
    has_moved: bool
    before: str


def differences(proposal: Proposal) -> list[Difference]:
    """Against what stands there now, in the order of the form."""
    record = record_of(proposal)
    now = values_of(record, proposal.answers)
    found = []
    for column in columns_of(proposal):
        if column not in proposal.answers:
            continue
        was, proposed = proposal.before.get(column), proposal.answers[column]
        found.append(
            Difference(
                column=column,
                label=label_of(type(record), column),
                difference=_difference(
                    column,
                    in_words(record, column, now[column]),
                    in_words(record, column, proposed),
                ),
                has_moved=(now[column] or "") != (was or ""),
                before=in_words(record, column, was),
            )
        )
    return found


def _difference(column: str, before: str, after: str) -> SafeString:
    """Word by word in a text; a number, an address or a list is shown whole, before and after."""
    if column.startswith(("title", "summary", "description")):
        return word_difference(before, after)
    tags = ((SafeString(tag), text) for tag, text in (("del", before), ("ins", after)) if text)
    return format_html_join(" ", "<{0}>{1}</{0}>", tags)


def record_of(proposal: Proposal) -> models.Model:
    """The partner, the project, or the project that would come to be."""
    if not proposal.is_about_project:
        return proposal.partner
    return proposal.project or Project(partner=proposal.partner)


def label_of(model: type[models.Model], column: str) -> str:
    """«Description, ky» for description_ky."""
    base, _dash, language = column.rpartition("_")
    is_pair = language in LANGUAGES and base in model.translated_field_names()
    name = model._meta.get_field(base if is_pair else column).verbose_name  # noqa: SLF001
    return f"{capfirst(name)} ({language})" if is_pair else str(capfirst(name))


def in_words(record: models.Model, column: str, value) -> str:
    if value in (None, "", []):
        return ""
    if column in RELATIONS:
        return ", ".join(str(each) for each in RELATIONS[column].objects.filter(pk__in=value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    field = record._meta.get_field(column)  # noqa: SLF001
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField):
        return date.fromisoformat(value).strftime("%d.%m.%Y")
    return plain_text(str(value)) if column.startswith("description") else str(value)


@transaction.atomic
def decide(*, proposal: Proposal, take, actor, reason: str = "") -> Proposal:
    """Take over the columns named, decline the rest. Raises MoveRefused with a sentence for the editor,
    also where another editor was quicker.
    """
    row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if not row.is_open:
        raise MoveRefused(
            gettext("This proposal has been decided on already: %(state)s.")
            % {"state": row.get_state_display()}
        )
    taken = {name: value for name, value in row.answers.items() if name in set(take)}
    reason = reason.strip()
    if taken and row.project and row.project.partner_id != row.partner_id:
        raise MoveRefused(gettext("The project is no longer this partner’s: decline the proposal."))
    if len(taken) < len(row.answers) and not reason:
        raise MoveRefused(gettext("Say why not all of it is taken; the partner reads it."))
    if taken:
        _take_over(row, taken, actor)
    row.state = (
        ProposalState.ACCEPTED
        if len(taken) == len(row.answers)
        else ProposalState.IN_PART
        if taken
        else ProposalState.DECLINED
    )
    row.reason, row.decided_by, row.decided_at = reason, actor, timezone.now()
    row.save()
    if row.by and row.by.is_active:
        send("proposal_decided", row, to=row.by.email or "", language=row.by.language)
    return row


def _take_over(proposal: Proposal, taken: dict, actor) -> None:
    record = record_of(proposal)
    if record.pk:
        record = type(record).objects.select_for_update(of=("self",)).get(pk=record.pk)
        if not Version.objects.get_for_object(record).exists():
            with reversion.create_revision():
                reversion.add_to_revision(record)
                reversion.set_comment(gettext("As it was before the first change here"))
        record.version += 1
    else:
        record.is_public = True
    plain = {name: value for name, value in taken.items() if name not in RELATIONS}
    for name, value in plain.items():
        field = record._meta.get_field(name)  # noqa: SLF001
        setattr(record, name, field.to_python(value) if value not in ("", None) else value)
    try:
        record.full_clean(exclude=["slug"])
    except ValidationError as error:
        raise MoveRefused(" ".join(error.messages)) from error
    if isinstance(record, Partner):
        record.refresh_languages()
    with reversion.create_revision():
        reversion.set_user(actor)
        reversion.set_comment(gettext("Proposed by the partner"))
        record.save()
        for name in RELATIONS.keys() & taken.keys():
            getattr(record, name).set(RELATIONS[name].objects.filter(pk__in=taken[name]))
    covers = isinstance(record, Partner) or record.is_countrywide or record.oblasts.exists()
    if not covers:
        raise MoveRefused(gettext("Choose the oblasts, or say that it is the whole country."))
    if proposal.is_about_project:
        proposal.project = record
    AuditEvent.record(
        record,
        action="take_proposal",
        actor=actor,
        via="admin",
        details={"proposal": proposal.pk, "fields": sorted(taken)},
    )
