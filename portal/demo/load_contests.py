"""The demo's contests: one decided a year ago, one before its commission, one open for applications.

Days are counted from the day of loading, so that each is always at its stage. Entries are frozen
copies of the demo's practices; marks are made from the files by a rule, the same each time.
"""

import io
from datetime import datetime, time, timedelta
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from contests import admission, after, deciding
from contests.applying import HARD
from contests.assigning import assign
from contests.choices import (
    ApplicationStatus,
    ContestStatus,
    CriterionKind,
    Group,
    MemberRole,
    Outcome,
    SheetStatus,
)
from contests.drafting import copied_answers, copy_files
from contests.entering import TOLD
from contests.freezing import digest_of, freeze
from contests.models import (
    Application,
    Award,
    Contest,
    Criterion,
    Letter,
    Member,
    Protocol,
    Score,
    ScoreChange,
    Sheet,
    Signature,
)
from partners.models import Partner
from people import roles
from places.models import Municipality
from portal.demo.load_journal import demo_user
from portal.demo.rows import both, read
from practices.contribution import answers_from
from practices.models import Practice
from publishing.languages import LANGUAGES, LanguageState
from publishing.models import AuditEvent, Draft
from publishing.workflow import move
from themes.models import Theme

SPECIALIST, SECRETARY = "specialist@example.org", "secretary@example.org"
ORGANISERS = ("kaiyng-valley-association", "tian-shan-demo-fund")
TEXTS = ("title", "summary", "goal", "audience", "rules")
#: How a member's mark lies beside the entry's own, from one member and criterion to the next.
SWING = (0, 1, -1, 0, 0, -1, 1)
#: Of the sheets of one entry, whoever has them.
SWING_OF_DIFFERENT = (0, -6, 1, 0, 0)
LETTER_PAGE = (620, 877)
#: After the term; the members give their statements when they have seen the list.
ADMITTED_AFTER, STATED_AFTER = timedelta(days=3), timedelta(days=5)
RULES_FILE = {"title": "Кол коюлган жобо / Подписанное положение"}


def load_contests() -> dict[str, int]:
    common, made = read("contests/rules.json"), 0
    letter = letter_file()
    for row in read("contests/contests.json"):
        year = timezone.localdate().year - row["year_back"]
        slug = row["slug"].format(year=year)
        if Contest.objects.filter(slug=slug).exists() or not has_practices(row):
            continue
        contest = load_contest(row, common, slug, year)
        contest.files.create(file=as_upload(letter), language="ru", **both(("title",), RULES_FILE))
        version = freeze(contest, by=None)
        version.frozen_at = contest.published_at - timedelta(days=3)
        version.frozen_by = "Демо-специалист"
        version.save()
        load_entries(contest, row, letter)
        if row["stage"] in {ContestStatus.REVIEW, ContestStatus.PUBLISHED}:
            load_scores(contest, row, common["ends"])
        if row["stage"] == ContestStatus.PUBLISHED:
            load_decision(contest, row)
        if row.get("draft"):
            load_draft(contest, row["draft"])
        Contest.objects.filter(pk=contest.pk).update(
            status=row["stage"], status_changed_at=stage_began(contest, row["stage"])
        )
        AuditEvent.record(contest, action="load_demo", actor=None, via="system", after=row["stage"])
        made += 1
    return {"contests": made}


def has_practices(row: dict) -> bool:
    """Whether all its entries can be made: each is a copy of a practice of the demo."""
    slugs = {entry["practice"] for entry in row["entries"]}
    return Practice.objects.filter(slug__in=slugs, is_demo=True).count() == len(slugs)


def moment(days: int, hour: int = 10, minute: int = 0) -> datetime:
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def stage_began(contest: Contest, stage: str) -> datetime:
    begins = {
        ContestStatus.ACCEPTING: contest.opens_at,
        ContestStatus.REVIEW: contest.closes_at + timedelta(days=8),
        ContestStatus.PUBLISHED: contest.closes_at + timedelta(days=60),
    }
    return min(begins[stage], timezone.now())


# ---------------------------------------------------------------- rules and commission


def load_contest(row: dict, common: dict, slug: str, year: int) -> Contest:
    days = row["calendar"]
    texts = dict(row, rules=common["rules"], title=row["title"].format(year=year))
    contest = Contest(
        slug=slug,
        year=year,
        budget=row["budget"],
        status=ContestStatus.DRAFT,
        published_at=moment(days["opens"] - 14),
        opens_at=moment(days["opens"], 9),
        closes_at=moment(days["closes"], 18),
        **{
            name: moment(days[key]).date()
            for name, key in (
                ("admission_until", "admission"),
                ("review_until", "review"),
                ("deliberation_on", "deliberation"),
                ("award_on", "award"),
            )
        },
        period_from=moment(row["period"][0]).date(),
        period_to=moment(row["period"][1]).date(),
        sheets_wanted=4,
        sheets_least=3,
        assignee=demo_user(SPECIALIST),
        copied_from=Contest.objects.filter(
            slug=row["copied_from"].format(year=year), is_demo=True
        ).first(),
        is_demo=True,
        **both(TEXTS, texts, {"rules"}),
    )
    for language in LANGUAGES:
        setattr(contest, f"state_{language}", LanguageState.READY)
    contest.refresh_languages()
    contest.save()
    load_rules(contest, row, common)
    load_commission(contest, common["members"])
    for partner in Partner.objects.filter(slug__in=ORGANISERS):
        contest.organisers.add(partner)
        contest.approvals.create(
            partner=partner, by="Демо", on=moment(days["opens"] - 20).date(), document="протокол"
        )
    for position, item in enumerate(row["questions"], start=1):
        contest.questions.create(
            position=position,
            is_public=True,
            asked_at=moment(min(days["opens"] + 2 * position, -1)),
            answered_at=moment(min(days["opens"] + 2 * position + 1, -1)),
            **both(("question", "answer"), item),
        )
    for item in row["campaign"]:
        contest.campaign.create(
            channel=item["channel"],
            planned_on=moment(item["on"]).date(),
            done_on=moment(item["done"]).date() if "done" in item else None,
            responsible=demo_user(SPECIALIST),
            reach=item.get("reach"),
            cost=item.get("cost"),
            proof=item.get("proof", "").partition(" / ")[2],
        )
    return contest


def load_rules(contest: Contest, row: dict, common: dict) -> None:
    for position, item in enumerate(row["nominations"], start=1):
        nomination = contest.nominations.create(
            code=item["code"],
            position=position,
            places=row["places"],
            **both(("title", "description"), item),
        )
        nomination.themes.set(Theme.objects.filter(slug__in=item["themes"]))
        for prize in row["prizes"]:
            nomination.prizes.create(
                place=prize["place"], amount=prize["amount"], **both(("title",), prize)
            )
    for position, item in enumerate(common["criteria"], start=1):
        criterion = Criterion.objects.create(
            contest=contest,
            position=position,
            weight=item["weight"],
            kind=item.get("kind", CriterionKind.JURY),
            formula=item.get("formula", ""),
            tie_rank=item["tie_rank"],
            **both(("title", "description"), item),
        )
        for value, text in item["anchors"].items():
            criterion.anchors.create(value=int(value), **both(("text",), {"text": text}))


def load_commission(contest: Contest, members: list[dict]) -> None:
    for position, item in enumerate(members, start=1):
        Member.objects.create(
            contest=contest,
            position=position,
            name=item["name"],
            role=item["role"],
            language=item["language"],
            organisation=Partner.objects.filter(slug=item.get("organisation", "")).first(),
            municipality=Municipality.objects.filter(code=item.get("municipality", "")).first(),
            appointed_by="буйрук № 7",
            appointed_on=contest.opens_at.date(),
            stated_at=contest.closes_at + STATED_AFTER,
            **both(("post",), item),
        )


# ---------------------------------------------------------------- applications


def letter_file() -> bytes:
    """PDF of a sheet with lines for words and a round stamp: a letter with nobody's name in it."""
    page = Image.new("RGB", LETTER_PAGE, "white")
    draw = ImageDraw.Draw(page)
    for number in range(14):
        right = 560 if number % 5 else 380
        draw.line((60, 180 + 34 * number, right, 180 + 34 * number), fill="#555555", width=5)
    draw.ellipse((360, 690, 500, 830), outline="#1f3c66", width=6)
    draw.ellipse((385, 715, 475, 805), outline="#1f3c66", width=3)
    draw.arc((180, 720, 300, 780), 180, 340, fill="#1f3c66", width=5)
    out = io.BytesIO()
    page.save(out, "PDF")
    return out.getvalue()


def as_upload(letter: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", letter, "application/pdf")


def load_entries(contest: Contest, row: dict, letter: bytes) -> None:
    nominations = {each.code: each for each in contest.nominations.all()}
    version, numbers = contest.versions.first(), {code: count(1) for code in nominations}
    secretary = contest.members.filter(role=MemberRole.SECRETARY).first()
    is_open = row["stage"] == ContestStatus.ACCEPTING
    span = min(contest.closes_at, timezone.now()) - contest.opens_at
    for place, item in enumerate(row["entries"], start=1):
        practice = Practice.objects.get(slug=item["practice"])
        content = content_of(practice)
        application = Application(
            contest=contest,
            nomination=nominations[item["nomination"]],
            municipality=practice.municipality,
            group=Group.HARD if practice.municipality.group in HARD else Group.OTHER,
            status=ApplicationStatus.SUBMITTED if is_open else ApplicationStatus.ADMITTED,
            status_changed_at=contest.opens_at if is_open else contest.closes_at + ADMITTED_AFTER,
            number=f"{contest.year}-{item['nomination']}-{next(numbers[item['nomination']]):03d}",
            practice=practice,
            language=practice.original_language,
            content=content,
            digest=digest_of(content),
            rules=version,
            applicant_name=item["applicant"],
            is_demo=True,
            submitted_at=contest.opens_at + span * place / (len(row["entries"]) + 1),
            applicant_post=both(("post",), item)[f"post_{practice.original_language}"],
            **both(("feedback",), {"feedback": item.get("comments", {})}),
            **both(("discussion",), item),
        )
        application.save()
        Letter.objects.create(
            application=application,
            language=application.language,
            file=as_upload(letter),
            **both(("title",), {"title": "Муниципалитеттин каты / Письмо муниципалитета"}),
        )
        application.checks = admission.look(application)
        if not is_open:
            # What the records do not tell the secretary has answered.
            for name in admission.rules_for(contest):
                if not application.checks.get(name, {}).get("ok"):
                    application.checks[name] = {"ok": True, "note": "", "by": secretary.name}
        application.save(update_fields=["checks"])


def content_of(practice: Practice) -> dict:
    """{language: answers} of the languages in which the practice is ready."""
    return {
        language: {
            name: value for name, value in answers_from(practice, language).items() if name in TOLD
        }
        for language in LANGUAGES
        if getattr(practice, f"title_{language}")
    }


def load_draft(contest: Contest, row: dict) -> None:
    """What the demo's secretary has begun, from a practice of their own municipality."""
    owner = demo_user(SECRETARY)
    practice = Practice.objects.filter(slug=row["practice"]).first()
    if owner is None or practice is None:
        return
    language, answers = copied_answers(practice, [practice.municipality], contest.languages)
    nomination = contest.nominations.get(code=row["nomination"])
    draft = Draft.objects.create(
        owner=owner,
        kind="application",
        language=language,
        answers=answers | {"contest": str(contest.pk), "nomination": str(nomination.pk)},
    )
    copy_files(practice, draft)


# ---------------------------------------------------------------- scores


def load_scores(contest: Contest, row: dict, ends: dict) -> None:
    """Sheets given out by the portal's own rule, marks by that of this file."""
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.REVIEW)
    assign(contest)
    criteria = [each for each in contest.criteria.all() if each.is_scored]
    entries = {entry["practice"]: entry | {"at": at} for at, entry in enumerate(row["entries"])}
    shares = row.get("handed_in")
    given: dict[int, list[Sheet]] = {}
    sheets = Sheet.objects.filter(application__contest=contest).exclude(status=SheetStatus.RECUSED)
    for sheet in sheets.select_related("application__practice", "member").order_by("pk"):
        given.setdefault(sheet.member_id, []).append(sheet)
    for number, (_member, own) in enumerate(sorted(given.items())):
        done = round(len(own) * (shares[number % len(shares)] if shares else 1))
        for place, sheet in enumerate(own):
            entry = entries[sheet.application.practice.slug]
            if place < done:
                fill(sheet, entry, number, criteria, ends)
            elif place == done and shares and shares[number % len(shares)] < 1:
                # The one the member is at now.
                fill(sheet, entry, number, criteria[:2], ends, is_handed_in=False)


def fill(sheet: Sheet, entry: dict, number: int, criteria, ends, *, is_handed_in=True) -> None:
    language = sheet.member.language
    beside = sheet.application.sheets.filter(pk__lt=sheet.pk).exclude(status=SheetStatus.RECUSED)
    order = beside.count()
    for place, criterion in enumerate(criteria):
        step = SWING[(number * 3 + place + entry["at"]) % len(SWING)]
        if entry.get("differs"):
            step = SWING_OF_DIFFERENT[order % len(SWING_OF_DIFFERENT)]
        value = max(0, min(criterion.scale_most, entry["base"][place] + step))
        comment = ""
        if value in {criterion.scale_least, criterion.scale_most}:
            comment = ends["low" if value == criterion.scale_least else "high"][language]
        values = {"sheet": sheet, "criterion": criterion, "value": value, "comment": comment}
        Score.objects.create(**values)
        ScoreChange.objects.create(**values)
    contest = sheet.application.contest
    sheet.opened_at = min(contest.closes_at + timedelta(days=10 + number), timezone.now())
    sheet.status = SheetStatus.OPENED
    if is_handed_in:
        sheet.status = SheetStatus.SUBMITTED
        sheet.submitted_at = sheet.opened_at
        words = entry.get("comments", {}).get(language, "")
        # Written by the first who gives it: no two members say the same.
        if not sheet.application.sheets.filter(comment=words).exists():
            sheet.comment = words
    sheet.save()


# ---------------------------------------------------------------- the decision


def load_decision(contest: Contest, row: dict) -> None:
    """The protocol, its signatures and awards, by the functions that the commission's pages call."""
    held_at = timezone.make_aware(datetime.combine(contest.deliberation_on, time(15)))
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.DELIBERATION)
    contest.refresh_from_db()
    protocol = deciding.begin(contest, by=None)
    for name, place in both(("place",), row["protocol"]).items():
        setattr(protocol, name, place)
    protocol.save(update_fields=["place_ky", "place_ru"])
    protocol.present.set(protocol.present.exclude(name=row["protocol"]["absent"]))
    deciding.propose(protocol)
    special = row["special"]
    application = contest.applications.get(practice__slug=special["practice"])
    Award.objects.create(
        contest=contest,
        application=application,
        nomination=application.nomination,
        group=application.group,
        outcome=Outcome.SPECIAL,
        **both(("title", "reason"), special),
    )
    deciding.vote_unanimously(protocol)
    protocol = deciding.renew(protocol, with_text=True)
    # Where the demo has no accounts, nobody acts as the specialist.
    move(protocol, "circulate", actor=demo_user(SPECIALIST), part=roles.SPECIALIST)
    protocol.refresh_from_db()
    for member in protocol.present.all():
        deciding.sign(protocol, member, digest=protocol.digest)
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.DECIDED)
    move(
        Protocol.objects.get(pk=protocol.pk),
        "publish",
        actor=demo_user(SPECIALIST),
        part=roles.SPECIALIST,
    )
    after.begin(contest)
    Signature.objects.filter(protocol=protocol).update(at=held_at + timedelta(days=1))
    Protocol.objects.filter(pk=protocol.pk).update(
        published_at=held_at + timedelta(days=3), status_changed_at=held_at + timedelta(days=3)
    )
    for entry in contest.applications.filter(practice__isnull=False):
        entry.told_at = held_at + timedelta(days=4)
        entry.save(update_fields=["told_at"])


def remove_contests() -> dict[str, int]:
    """Contests whose applications are all invented, with what hangs on them."""
    contests = Contest.objects.filter(is_demo=True).exclude(applications__is_demo=False)
    keys = list(contests.values_list("pk", flat=True))
    ours = {"contest__in": keys}
    Draft.objects.filter(
        kind="application", answers__contest__in=[str(key) for key in keys]
    ).delete()
    # A correction first: it names what it corrects.
    Protocol.objects.filter(corrects__isnull=False, **ours).delete()
    Protocol.objects.filter(**ours).delete()
    Award.objects.filter(**ours).delete()
    Application.objects.filter(**ours).delete()
    contests.delete()
    return {"contests": len(keys)}
