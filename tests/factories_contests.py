"""Contests with their rules, commission and applications."""

from datetime import timedelta
from itertools import count
from types import SimpleNamespace

from django.db import transaction
from django.utils import timezone

from contests.choices import (
    ApplicationStatus,
    ContestStatus,
    CriterionKind,
    FollowUpKind,
    Formula,
    Group,
    MemberRole,
    Outcome,
    ProtocolStatus,
)
from contests.freezing import digest_of, freeze
from contests.models import (
    Application,
    Award,
    Conflict,
    Contest,
    Criterion,
    FollowUp,
    Member,
    Nomination,
    Protocol,
    Score,
    Sheet,
    Visit,
)
from contests.protocol import content_digest
from contests.protocol_facts import gather
from contests.scoring import _locked, answers_of, hand_in, keep, scored_criteria
from contests.ties import Ties
from publishing.drafts import digest
from publishing.workflow import MoveRefused
from tests import factories, factories_journal

numbers = count(1)
REASON = "Кадамдары так жазылган, чыгымы да көрсөтүлгөн."


def make_contest(status=ContestStatus.DRAFT, **kwargs) -> Contest:
    """A contest of one nomination with two criteria of 50; its rules are frozen unless a draft."""
    number, now = next(numbers), timezone.now()
    values = {
        "title_ky": f"Мыкты тажрыйба {number}",
        "title_ru": f"Лучшая практика {number}",
        "year": 2026,
        "opens_at": now - timedelta(days=20),
        "closes_at": now + timedelta(days=10),
        "sheets_wanted": 3,
        "sheets_least": 2,
        **kwargs,
    }
    contest = Contest.objects.create(status=status, **values)
    make_nomination(contest)
    for position, title in enumerate(("Пайдасы", "Кайталоого жарайбы"), 1):
        Criterion.objects.create(
            contest=contest,
            title_ky=title,
            title_ru=title,
            weight=50,
            position=position,
            tie_rank=position,
        )
    if status != ContestStatus.DRAFT:
        freeze(contest, by=None)
    return contest


def make_public_contest(status=ContestStatus.ACCEPTING, **kwargs) -> Contest:
    """A contest that readers may open, written in both languages."""
    ready = {"state_ky": "ready", "state_ru": "ready", "published_at": timezone.now()}
    texts = {
        "summary_ky": "Муниципалитеттер катыша алат.",
        "summary_ru": "Участвуют муниципалитеты.",
        "goal_ky": "Мыкты тажрыйбаны табуу.",
        "goal_ru": "Найти лучшую практику.",
        "rules_ky": "<p>Жобонун тексти.</p>",
        "rules_ru": "<p>Текст положения.</p>",
    }
    return make_contest(status, **ready | texts | kwargs)


def complete(contest) -> Contest:
    """Give the contest all that the organisers approve and that its announcement wants."""
    texts = ("goal", "audience", "summary", "rules")
    for language, word in (("ky", "Жакшы тажрыйба"), ("ru", "Хорошая практика")):
        for name in texts:
            setattr(contest, f"{name}_{language}", f"<p>{word}</p>" if name == "rules" else word)
    for name in ("opens_at", "closes_at"):
        # To the minute, as editors type it.
        setattr(contest, name, getattr(contest, name).replace(second=0, microsecond=0))
    day = timezone.localdate(contest.closes_at)
    contest.budget = 600_000
    contest.review_until, contest.award_on = day + timedelta(days=20), day + timedelta(days=40)
    contest.save()
    partner = factories_journal.make_partner("published")
    contest.organisers.add(partner)
    contest.approvals.create(partner=partner, by="Директор")
    contest.campaign.create(channel="whatsapp", planned_on=timezone.localdate(contest.opens_at))
    contest.files.create(
        file=factories.upload("rules.pdf", factories.pdf()), title_ky="Жобо", title_ru="Положение"
    )
    contest.questions.create(
        question_ky="Ким катыша алат?", question_ru="Кто может участвовать?",
        answer_ky="Айыл өкмөттөрү.", answer_ru="Айылные управы.",
        answered_at=timezone.now(), is_public=True,
    )  # fmt: skip
    for criterion in contest.criteria.all():
        for value in (criterion.scale_least, criterion.scale_most):
            criterion.anchors.create(value=value, text_ky=f"Балл {value}", text_ru=f"Балл {value}")
    return contest


def make_nomination(contest, **kwargs) -> Nomination:
    number = next(numbers)
    values = {"code": f"С{number}", "title_ky": f"Суу {number}", "title_ru": f"Вода {number}"}
    return Nomination.objects.create(contest=contest, **values | {"has_groups": False} | kwargs)


def make_formula(contest, formula=Formula.EVIDENCE, kind=CriterionKind.BONUS, **kwargs):
    return Criterion.objects.create(
        contest=contest, title_ky="Кошумча", kind=kind, formula=formula, weight=5, **kwargs
    )


def make_members(contest, number=4) -> list[Member]:
    return [
        Member.objects.create(
            contest=contest,
            name=f"Мүчө {place}",
            post_ky="адис",
            post_ru="специалист",
            role=MemberRole.CHAIR if place == 0 else MemberRole.MEMBER,
            stated_at=timezone.now(),
            position=place,
        )
        for place in range(number)
    ]


def make_application(contest, status="admitted", **kwargs) -> Application:
    number = next(numbers)
    content = {"ky": {"title": f"Көчөдөгү суу {number}"}}
    nomination = kwargs.pop("nomination", None) or contest.nominations.first()
    values = {
        "municipality": kwargs.pop("municipality", None) or factories.make_municipality(),
        "group": Group.OTHER,
        "number": f"2026-{nomination.code}-{number:03d}",
        "content": content,
        "digest": digest_of(content),
        "rules": contest.versions.first() or freeze(contest, by=None),
        "applicant_name": "Айжан",
        "applicant_post": "жооптуу катчы",
    }
    return Application.objects.create(
        contest=contest, nomination=nomination, status=status, **values | kwargs
    )


#: What a draft of an application must hold, beside its contest, nomination, place and letter.
ENTRY = {
    "applicant_name": "Айжан Осмонова",
    "applicant_post": "жооптуу катчы",
    "applicant_phone": "+996555123456",
    "title": "Айылга таза суу жетти",
    "theme": "drinking-water",
    "started_on": "2025-04-01",
    "problem": "Суу үч күндө бир келчү.",
    "solution": "Насос алынды, түтүк тартылды.",
    "result": "Суу күнү-түнү бар.",
}


def make_entry_draft(contest, membership=None, *, has_letter=True, **answers):
    """A draft of an application that can be sent, of a confirmed representative."""
    membership = membership or factories.make_membership()
    own = {
        "contest": str(contest.pk),
        "nomination": str(contest.nominations.first().pk),
        "municipality": membership.municipality.code,
    }
    draft = factories.make_draft(membership.user, kind="application", answers=ENTRY | own | answers)
    if has_letter:
        letter = draft.documents.create(file=factories.upload("letter.pdf", factories.pdf()))
        draft.answers["letter"] = str(letter.uuid)
        draft.save()
    return draft


def score(sheet, *values, is_handed_in=True):
    """Give the sheet, on which nothing stands yet, the values in the order of its criteria, and hand
    it in.
    """
    typed = {}
    for criterion, value in zip(scored_criteria(sheet), values, strict=True):
        typed |= {f"value-{criterion.pk}": str(value), f"why-{criterion.pk}": REASON}
    assert keep(sheet, typed, dict.fromkeys(typed, digest(""))).conflicts == {}
    return hand_in(sheet) if is_handed_in else sheet


def make_decided(**kwargs) -> SimpleNamespace:
    """A contest with its results out and one of everything around it: sheets, a conflict, a visit,
    an award, the published protocol, a correction before the members, a task.
    """
    now = timezone.now()
    days = {"vote_from": now - timedelta(days=3), "vote_until": now - timedelta(days=1)}
    contest = complete(
        make_public_contest(
            ContestStatus.DRAFT, has_public_vote=True, has_visits=True, **days | kwargs
        )
    )
    contest.nominations.get().prizes.create(
        place=1, amount=300_000, title_ky="Насос", title_ru="Насос"
    )
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.REVIEW)
    contest.refresh_from_db()
    freeze(contest, by=None)
    members = make_members(contest, 3)
    contest.members.update(phone="+996555000111")
    entry, other = (
        make_application(contest, code=f"К-{place}", applicant_phone="+996555123456")
        for place in (1, 2)
    )
    sheets = [
        score(Sheet.objects.create(application=each, member=member), *marks)
        for each, marks in ((entry, (9, 8)), (other, (6, 5)))
        for member in members
    ]
    contest.status = ContestStatus.PUBLISHED
    contest.save()
    Application.objects.filter(pk=entry.pk).update(status=ApplicationStatus.AWARDED)
    Application.objects.filter(pk=other.pk).update(status=ApplicationStatus.NOT_AWARDED)
    award = Award.objects.create(
        contest=contest, application=entry, nomination=entry.nomination, outcome=Outcome.PLACE,
        place=1, votes_for=3,
    )  # fmt: skip
    found = SimpleNamespace(
        contest=contest,
        members=members,
        entry=entry,
        sheet=sheets[0],
        conflict=Conflict.objects.create(
            member=members[1], application=other, kind="same_district", found_by="self",
            decision="allowed", note="Тууганы жок.",
        ),
        visit=Visit.objects.create(application=entry),
        award=award,
        protocol=make_protocol(contest, ProtocolStatus.PUBLISHED, published_at=now),
        task=FollowUp.objects.create(
            contest=contest, application=entry, kind=FollowUpKind.PRACTICE,
            due_on=timezone.localdate(now),
        ),
    )  # fmt: skip
    found.correction = make_protocol(
        contest, ProtocolStatus.CIRCULATED, corrects=found.protocol, correction="Сумма такталды."
    )
    return found


def make_protocol(contest, status, **kwargs) -> Protocol:
    """A protocol of all members with the facts as they are now."""
    texts = {"text_ky": "# Чечим\n\n– 1-орун", "text_ru": "# Решение\n\n– 1-е место"}
    protocol = Protocol.objects.create(
        contest=contest, number=str(next(numbers)), status=status, **texts | kwargs
    )
    protocol.present.set(contest.members.all())
    protocol.facts = gather(protocol)
    protocol.digest = content_digest(protocol)
    protocol.save()
    return protocol


def save_score(sheet: Sheet, criterion_id: int, *, value: int | None, comment: str = "") -> Score:
    """Keep one score, whatever stood there.

    Raises MoveRefused where the sheet is closed or the value is not on the criterion’s scale.
    """
    typed = {
        f"value-{criterion_id}": "" if value is None else str(value),
        f"why-{criterion_id}": comment.strip(),
    }
    with transaction.atomic():
        row = _locked(sheet)
        scores = {score.criterion_id: score for score in row.scores.all()}
        stored = answers_of(row, scored_criteria(row), scores)
        if not typed.keys() <= stored.keys():
            raise MoveRefused("There is no such criterion here.")
        kept = keep(row, typed, {key: digest(stored[key]) for key in typed})
        if kept.problems:
            raise MoveRefused(kept.problems[0])
        return Score.objects.get_or_create(sheet=row, criterion_id=criterion_id)[0]


def kinds_of(member: Member, application: Application) -> list[str]:
    """Conflicts that the records tell: places, authors, the organisation’s projects, advice."""
    return Ties([member], [application]).kinds(member, application)
