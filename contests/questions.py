"""Questions of readers: asked without an account, answered for everybody."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from contests.choices import OPEN_STAGES, ContestStatus
from contests.models import Contest, Question
from publishing.languages import LANGUAGES
from publishing.letters import send
from publishing.tasks import every

#: After the decision the rules cannot be asked about any more.
ASKABLE = tuple(set(OPEN_STAGES) - {ContestStatus.PUBLISHED})
#: So long an editor may still mend an answer before it goes out by mail.
SECOND_THOUGHTS = timedelta(minutes=10)


def may_ask(contest: Contest) -> bool:
    return contest.status in ASKABLE


@transaction.atomic
def ask(*, contest: Contest, question: str, email: str, language: str) -> Question:
    """Keep a question until somebody answers it; sent twice, it is one."""
    Contest.objects.select_for_update(no_key=True, of=("self",)).get(pk=contest.pk)
    field = f"question_{language}"
    same = contest.questions.filter(answered_at=None, email=email, **{field: question}).first()
    if same:
        return same
    values = {field: question, "email": email, "language": language}
    return Question.objects.create(contest=contest, position=next_position(contest), **values)


def next_position(contest: Contest) -> int:
    """Behind those that stand there; editors put them in another order."""
    return min(contest.questions.count() + 1, 32_000)


def shown(contest: Contest, language: str) -> list[dict]:
    """What readers see, in the editors’ order: [{"question", "answer", "language"}].

    A question that is not answered in the language comes in the other one.
    """
    found = []
    for row in contest.questions.filter(is_public=True, answered_at__isnull=False):
        ready = [
            each
            for each in dict.fromkeys((language, *LANGUAGES))
            if getattr(row, f"question_{each}") and getattr(row, f"answer_{each}")
        ]
        if ready:
            edition = row.edition(ready[0])
            found.append(
                {"pk": row.pk, "question": edition.question, "answer": edition.answer,
                 "language": ready[0]}
            )  # fmt: skip
    return found


def answer_of(question: Question) -> str:
    """In the language of who asked, or in the other one."""
    texts = [getattr(question, f"answer_{each}") or "" for each in (question.language, *LANGUAGES)]
    return next(filter(None, texts), "")


@every(timedelta(minutes=1))
def tell_answers(now: datetime | None = None) -> int:
    """Mail the answers to who left an address, and forget the address; returns how many."""
    now = now or timezone.now()
    answered = Question.objects.filter(answered_at__lte=now - SECOND_THOUGHTS).exclude(email="")
    return sum(_tell(pk) for pk in answered.values_list("pk", flat=True))


@transaction.atomic
def _tell(pk: int) -> bool:
    """Once: the address is there for the answer alone, and is gone when it is on its way."""
    row = (
        Question.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, answered_at__isnull=False)
        .exclude(email="")
        .first()
    )
    if row is None or not answer_of(row):
        return False
    send("contest_question_answered", row, to=row.email, language=row.language)
    row.email = ""
    row.save(update_fields=["email"])
    return True
