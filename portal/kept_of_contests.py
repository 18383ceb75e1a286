"""What contests keep about people: rows of the table of portal/personal_data.py."""

from datetime import timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from contests.after import forget_applicants, overdue_applicants
from contests.models import Application, Conflict, Member, Question, Sheet, Vote
from portal.kept import Fate, Kept, Part

TERM = _("24 months after the end of the term for applications.")
SPAN = timedelta(days=730)
#: What goes on the same day in all contests; the records stay.
erased = partial(Kept, part=Part.RECORDS, term=TERM, fate=Fate.ERASE, span=SPAN)


def erased_notes(model, **words) -> Kept:
    """Notes on applications, for few eyes, which may name people."""
    return erased(
        model=model,
        fields=("note",),
        due=lambda day: model.objects.filter(application__contest__closes_at__lt=day).exclude(
            note=""
        ),
        remove=lambda rows: rows.update(note=""),
        **words,
    )


OF_CONTESTS: tuple[Kept, ...] = (
    erased(
        model=Application,
        fields=("applicant_name", "applicant_post", "applicant_phone", "created_by", "late_by"),
        beside=("number", "submitted_at"),
        shown=("number", "submitted_at"),
        what=_("Who sends an application to a contest: name, post, phone, the signed letter"),
        purpose=_("To reach the applicant until the contest is over."),
        of=lambda user: Application.objects.filter(created_by=user),
        due=overdue_applicants,
        remove=forget_applicants,
    ),
    Kept(
        model=Member,
        fields=("name",),
        part=Part.RECORDS,
        what=_("Names of a contest’s commission"),
        purpose=_("The protocol of a contest names who has decided."),
        term=_("As long as the record is there."),
        fate=Fate.KEEP,
        reason=_("A decision stays with the names of those who have signed it."),
    ),
    erased(
        model=Member,
        fields=("email", "phone", "user"),
        what=_("How to reach the members of a commission; for the staff alone"),
        purpose=_("To send links and reminders."),
        due=lambda day: Member.objects.filter(contest__closes_at__lt=day).exclude(
            email="", phone="", user=None
        ),
        remove=lambda rows: rows.update(email="", phone="", user=None),
    ),
    erased(
        model=Question,
        fields=("email",),
        what=_("Address of somebody who asked about a contest"),
        purpose=_("To send the answer."),
        due=lambda day: Question.objects.filter(contest__closes_at__lt=day).exclude(email=""),
        remove=lambda rows: rows.update(email=""),
    ),
    erased(
        model=Vote,
        fields=("voter",),
        beside=("application", "at"),
        shown=("application", "at"),
        what=_("Your vote in a public vote"),
        purpose=_("One person votes once."),
        of=lambda user: Vote.objects.filter(voter=user).select_related("application"),
        due=lambda day: Vote.objects.filter(contest__closes_at__lt=day).exclude(
            voter=None, source=""
        ),
        remove=lambda rows: rows.update(voter=None, source=""),
    ),
    erased_notes(
        Conflict,
        what=_("What a member of a commission has said of a conflict of interest"),
        purpose=_("To decide whether the member may score the entry."),
    ),
    erased_notes(
        Sheet,
        what=_("What a member of a commission has noted on a sheet, for themselves alone"),
        purpose=_("To remember it while the commission scores."),
    ),
)
