"""The ways of an article and of an issue from idea to reader."""

from django.utils.translation import gettext_lazy as _

from journal.choices import BACK_REASONS, ArticleStatus, IssueStatus
from people.roles import CHIEF_EDITOR, SPECIALIST, THEME_EDITOR, TRANSLATOR
from publishing.workflow import Transition

EDITORS = (THEME_EDITOR, CHIEF_EDITOR, SPECIALIST)
PUBLISHERS = (CHIEF_EDITOR, SPECIALIST)

A = ArticleStatus
#: Stages before the reader sees it in which the text is in the editors' hands.
IN_HAND = (
    A.SUBMITTED, A.EDITING, A.FACT_CHECK, A.TRANSLATION, A.TRANSLATION_CHECK, A.PROOF, A.LAYOUT,
)  # fmt: skip
#: Articles the release of their issue need not wait for.
FINISHED = (A.APPROVED, A.PUBLISHED, A.ARCHIVED)
ARTICLE: tuple[Transition, ...] = (
    Transition("submit", _("Hand in"), (A.DRAFT, A.AUTHOR_FIX), A.SUBMITTED, ("author", *EDITORS),
               guard="missing_for_submission"),
    Transition("take", _("Begin editing"), (A.SUBMITTED,), A.EDITING, EDITORS),
    Transition("send_back", _("Back to the author"), (A.SUBMITTED, A.EDITING), A.AUTHOR_FIX, EDITORS,
               needs_reason=True, checklist=BACK_REASONS),
    Transition("check_facts", _("To the fact check"), (A.EDITING,), A.FACT_CHECK, EDITORS,
               guard="missing_for_fact_check"),
    Transition("edit_again", _("Back to editing"),
               (A.FACT_CHECK, A.TRANSLATION, A.TRANSLATION_CHECK, A.PROOF, A.LAYOUT, A.APPROVED),
               A.EDITING, EDITORS, needs_reason=True),
    Transition("translate", _("Facts are right: to translation"), (A.FACT_CHECK,), A.TRANSLATION,
               EDITORS),
    Transition("skip_translation", _("Facts are right: one language only"), (A.FACT_CHECK,),
               A.PROOF, EDITORS, needs_reason=True),
    Transition("translated", _("Translation is done"), (A.TRANSLATION,), A.TRANSLATION_CHECK,
               (TRANSLATOR, *EDITORS), guard="missing_in_translation"),
    Transition("translate_again", _("Back to translation"), (A.TRANSLATION_CHECK,), A.TRANSLATION,
               (TRANSLATOR, *EDITORS), needs_reason=True),
    Transition("accept_translation", _("Translation is right: to the proof"),
               (A.TRANSLATION_CHECK,), A.PROOF, (TRANSLATOR, *EDITORS),
               guard="missing_in_translation"),
    Transition("proofread", _("Proof is read: to layout"), (A.PROOF,), A.LAYOUT, EDITORS),
    Transition("approve", _("Approve"), (A.LAYOUT,), A.APPROVED, PUBLISHERS,
               guard="missing_for_publication"),
    # By the release of its issue; by hand, an article goes before its issue, and says why.
    Transition("publish", _("Publish before the issue"), (A.APPROVED,), A.PUBLISHED,
               (*PUBLISHERS, "system"), needs_reason=True, guard="missing_for_publication",
               four_eyes=True),
    Transition("recall", _("Take back with its issue"), (A.PUBLISHED, A.ARCHIVED), A.APPROVED,
               ("system",)),
    # What came out in one language alone may follow in the other: now, or with its edition.
    Transition("add_language", _("Publish in the other language too"), (A.PUBLISHED,), A.PUBLISHED,
               PUBLISHERS, guard="missing_for_second_language"),
    Transition("correct", _("Correct visibly"), (A.PUBLISHED,), A.PUBLISHED, PUBLISHERS,
               needs_reason=True, guard="missing_for_correction"),
    Transition("archive", _("Move to the archive"), (A.PUBLISHED,), A.ARCHIVED, PUBLISHERS,
               needs_reason=True),
    Transition("unarchive", _("Bring back from the archive"), (A.ARCHIVED,), A.PUBLISHED,
               PUBLISHERS, guard="missing_for_publication"),
    Transition("withdraw", _("Withdraw"), (A.PUBLISHED, A.ARCHIVED), A.WITHDRAWN, PUBLISHERS,
               needs_reason=True, guard="missing_for_withdrawal"),
    Transition("postpone", _("Postpone"), (A.DRAFT, A.AUTHOR_FIX, *IN_HAND, A.APPROVED),
               A.POSTPONED, EDITORS, needs_reason=True),
    Transition("resume", _("Take up again"), (A.POSTPONED,), A.EDITING, EDITORS),
    Transition("decline", _("Decline"), (A.DRAFT, A.AUTHOR_FIX, A.SUBMITTED, A.EDITING),
               A.DECLINED, EDITORS, needs_reason=True),
    Transition("reopen", _("Open again"), (A.DECLINED, A.WITHDRAWN), A.DRAFT, PUBLISHERS,
               needs_reason=True),
)  # fmt: skip

I = IssueStatus  # noqa: E741  as S in publishing/workflow.py
ISSUE: tuple[Transition, ...] = (
    Transition("collect", _("Begin to collect articles"), (I.PLANNED,), I.COLLECTING, EDITORS),
    Transition("edit", _("All articles are in: to editing"), (I.COLLECTING,), I.EDITING, EDITORS),
    Transition("lay_out", _("To layout"), (I.EDITING,), I.LAYOUT, EDITORS),
    Transition("prove", _("Layout is done: to the proof"), (I.LAYOUT,), I.PROOF, EDITORS),
    Transition("approve", _("Approve for print"), (I.PROOF,), I.APPROVED, PUBLISHERS,
               guard="missing_for_print"),
    Transition("back", _("Back to editing"), (I.LAYOUT, I.PROOF, I.APPROVED), I.EDITING, EDITORS,
               needs_reason=True),
    Transition("print", _("It is printed"), (I.APPROVED,), I.PRINTED, PUBLISHERS,
               guard="missing_for_printed"),
    # Of one edition, told by the detail «language»; the second may follow on another day.
    Transition("release", _("Release"), (I.APPROVED, I.PRINTED, I.RELEASED), I.RELEASED,
               PUBLISHERS),
    Transition("recall", _("Recall"), (I.RELEASED,), I.APPROVED, PUBLISHERS, needs_reason=True),
    Transition("archive", _("Move to the archive"), (I.RELEASED,), I.ARCHIVED, PUBLISHERS,
               needs_reason=True),
    Transition("unarchive", _("Bring back from the archive"), (I.ARCHIVED,), I.RELEASED,
               PUBLISHERS),
)  # fmt: skip
