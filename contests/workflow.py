"""The ways of a contest, of an application and of a protocol."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.choices import ApplicationStatus, ContestStatus, ProtocolStatus
from people.roles import CONTEST_SECRETARY, SPECIALIST
from publishing.workflow import Transition

#: Who runs a contest, and who keeps its papers.
LEADS = (SPECIALIST,)
STAFF = (CONTEST_SECRETARY, *LEADS)

C = ContestStatus
#: Stages before the decision.
RUNNING = (C.ANNOUNCED, C.ACCEPTING, C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION)
CONTEST: tuple[Transition, ...] = (
    Transition("propose", _("Concept to the organisers"), (C.DRAFT,), C.CONCEPT, LEADS,
               guard="missing_for_concept"),
    Transition("rework", _("Back to the concept"), (C.CONCEPT, C.APPROVED), C.DRAFT, LEADS,
               needs_reason=True),
    Transition("approve", _("Approved by the organisers: freeze the rules"), (C.CONCEPT,),
               C.APPROVED, LEADS, guard="missing_for_approval"),
    Transition("announce", pgettext_lazy("contest", "Announce"), (C.APPROVED,), C.ANNOUNCED, LEADS,
               guard="missing_for_announcement"),
    Transition("change_rules", _("Freeze a new version of the rules"), (C.ANNOUNCED,), C.ANNOUNCED,
               LEADS, needs_reason=True, guard="missing_for_new_rules"),
    Transition("open", _("Open for applications"), (C.ANNOUNCED,), C.ACCEPTING, ("system", *LEADS),
               guard="missing_for_opening"),
    Transition("extend", _("Extend the term once"), (C.ACCEPTING,), C.ACCEPTING, LEADS,
               needs_reason=True, guard="missing_for_extension"),
    Transition("close", _("Close for applications"), (C.ACCEPTING,), C.ADMISSION,
               ("system", *STAFF), guard="missing_for_closing"),
    Transition("review", _("To the commission"), (C.ADMISSION,), C.REVIEW, STAFF,
               guard="missing_for_review"),
    Transition("visit", _("To the field visits"), (C.REVIEW,), C.VISITS, STAFF,
               guard="missing_for_visits"),
    Transition("deliberate", _("To the deliberation"), (C.REVIEW, C.VISITS), C.DELIBERATION, STAFF,
               guard="missing_for_deliberation"),
    Transition("review_again", _("Back to the commission"), (C.VISITS, C.DELIBERATION), C.REVIEW,
               STAFF, needs_reason=True, guard="missing_for_another_review"),
    # By the protocol, once all present have signed it.
    Transition("decide", _("Decided by the protocol"), (C.DELIBERATION,), C.DECIDED, STAFF,
               guard="missing_for_decision"),
    Transition("publish", _("Publish the results"), (C.DECIDED,), C.PUBLISHED, LEADS,
               guard="missing_for_results"),
    Transition("archive", _("Move to the archive"), (C.PUBLISHED,), C.ARCHIVED,
               ("system", *LEADS)),
    Transition("cancel", _("Cancel the contest"), (C.DRAFT, C.CONCEPT, C.APPROVED, *RUNNING),
               C.CANCELLED, LEADS, needs_reason=True),
    Transition("withdraw", _("Withdraw"), (C.PUBLISHED, C.ARCHIVED, C.CANCELLED), C.WITHDRAWN,
               LEADS, needs_reason=True, guard="missing_for_withdrawal"),
)  # fmt: skip

A = ApplicationStatus
APPLICATION: tuple[Transition, ...] = (
    # Until it is sent it is a draft (publishing/drafts.py) and no application.
    Transition("return", _("Return for documents"), (A.SUBMITTED,), A.RETURNED, STAFF,
               needs_reason=True, guard="missing_for_return"),
    Transition("repair", _("Documents are here"), (A.RETURNED,), A.SUBMITTED,
               ("applicant", *STAFF)),
    Transition("admit", _("Admit"), (A.SUBMITTED, A.REFUSED), A.ADMITTED, STAFF,
               guard="missing_for_admission"),
    Transition("refuse", _("Do not admit"), (A.SUBMITTED, A.RETURNED), A.REFUSED, STAFF,
               needs_reason=True),
    Transition("withdraw", _("Withdraw the application"), (A.SUBMITTED, A.RETURNED, A.ADMITTED),
               A.WITHDRAWN, ("applicant", *STAFF), guard="missing_for_taking_back"),
    Transition("merge", _("Sent twice"), (A.SUBMITTED, A.RETURNED), A.DUPLICATE, STAFF,
               needs_reason=True),
    Transition("disqualify", _("Disqualify"), (A.SUBMITTED, A.RETURNED, A.ADMITTED),
               A.DISQUALIFIED, STAFF, needs_reason=True),
    # By the protocol that is published; a correction of it may take an award or give one.
    Transition("award", _("Award"), (A.ADMITTED, A.NOT_AWARDED), A.AWARDED, ("system",)),
    Transition("no_award", _("Without an award"), (A.ADMITTED, A.AWARDED), A.NOT_AWARDED,
               ("system",)),
)  # fmt: skip

P = ProtocolStatus
PROTOCOL: tuple[Transition, ...] = (
    Transition("circulate", _("Send to the members"), (P.DRAFT,), P.CIRCULATED, STAFF,
               guard="missing_for_circulation"),
    # Whatever is edited loses the signatures under the text before.
    Transition("rework", pgettext_lazy("protocol", "Back to the draft"), (P.CIRCULATED,), P.DRAFT,
               STAFF, needs_reason=True),
    Transition("sign", _("All have signed"), (P.CIRCULATED,), P.SIGNED, ("system", *STAFF),
               guard="missing_for_signing"),
    Transition("publish", _("Publish"), (P.SIGNED,), P.PUBLISHED, LEADS,
               guard="missing_for_publication"),
    Transition("correct", _("Replaced by a correction"), (P.PUBLISHED,), P.CORRECTED, ("system",)),
)  # fmt: skip
