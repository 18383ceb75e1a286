"""Moves of a workflow as buttons on a record's form, each through the one door that all moves take."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from publishing.editing import MoveForm
from publishing.richtext import RichTextField
from publishing.work import admin_address
from publishing.workflow import MoveRefused, may_walk, move, moves_for, transition

#: Fields that the page of the move itself asks for.
ASKED_BY_THE_MOVE = {"scheduled_for", "withdrawal_kind"}


def status_badge(record):
    return format_html(
        '<span class="badge badge-{}">{}</span>', record.status, record.get_status_display()
    )


class MovesAdmin:
    """Mixed into a TwoLanguageAdmin whose model has a `workflow`."""

    #: Moves drawn as the step ahead, and as grave ones.
    forward_moves = frozenset(
        {"submit", "take", "translated", "accept", "publish", "confirm", "unarchive"}
    )
    grave_moves = frozenset({"withdraw", "reject"})

    def get_urls(self):
        return [
            path(
                "<path:object_id>/move/<slug:name>/",
                self.admin_site.admin_view(self.move_view),
                name=f"{self.opts.app_label}_{self.opts.model_name}_move",
            ),
            *super().get_urls(),
        ]

    def anchor(self, name: str) -> str:
        """Where on the form a field stands: the field itself, its row, or its list of rows."""
        bare = name.split(".")[0]
        if bare in self._row_names():
            return f"#{bare}-group"
        try:
            field = self.opts.get_field(name)
        except models.FieldDoesNotExist:
            return f"#id_{name}"
        return f"#at-{name}" if isinstance(field, RichTextField) else f"#id_{name}"

    def _row_names(self) -> list[str]:
        """Names under which the record knows its rows: «steps», «photos» …"""
        models_of_rows = {inline.model for inline in self.inlines}
        return [
            relation.get_accessor_name()
            for relation in self.opts.related_objects
            if relation.related_model in models_of_rows
        ]

    def buttons(self, request, record) -> list[dict]:
        """Moves open to the person now; missing tells what still stands in the way."""
        buttons = []
        for step in moves_for(record, request.user):
            guard = getattr(record, step.guard)() if step.guard else []
            buttons.append(
                {
                    "name": step.name,
                    "label": step.label,
                    "url": self._address("move", record, step.name),
                    "missing": [m for m in guard if m.field not in ASKED_BY_THE_MOVE],
                    "kind": "grave"
                    if step.name in self.grave_moves
                    else "forward"
                    if step.name in self.forward_moves
                    else "",
                }
            )
        return buttons

    def _address(self, name, record, *args) -> str:
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[record.pk, *args]
        )

    def move_view(self, request, object_id, name):
        """GET and the first POST of a move that wants a word ask for it; nothing else is changed."""
        record = self._record_or_404(request, object_id)
        try:
            step = transition(record, name)
        except LookupError as error:
            raise Http404 from error
        if not may_walk(step, record, request.user):
            raise PermissionDenied
        before = record.status
        form, missing, is_made = self.try_move(request, record, step)
        if is_made:
            self._say_moved(request, record, step, before)
            return redirect(admin_address(record))
        if request.method == "POST" and not form.is_needed:
            return redirect(admin_address(record))
        context = self.move_context(request, record, step, form) | {
            "title": step.label,
            "missing": [(admin_address(record) + self.anchor(m.field), m.message) for m in missing],
        }
        return TemplateResponse(request, "admin/move.html", context)

    def try_move(self, request, record, step, **details) -> tuple[MoveForm, list, bool]:
        """The form of what the move wants to know, what it missed, and whether it is made.

        details: what the move brings along beside the answers of the form.
        """
        is_answered = request.method == "POST" and "confirmed" in request.POST
        form = MoveForm(
            request.POST if is_answered else None,
            step=step,
            record=record,
            actor=request.user,
            marked_choices=self._marked_choices(),
        )
        is_complete = form.is_valid() if is_answered and form.is_needed else not form.is_needed
        if request.method != "POST" or not is_complete:
            return form, [], False
        details |= form.details()
        try:
            move(record, step.name, actor=request.user, via="admin", **details)
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return form, refusal.missing, False
        return form, [], True

    def move_context(self, request, record, step, form) -> dict:
        """What admin/move.html draws, but for its title and what is missing."""
        return self.admin_site.each_context(request) | {
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "badge": status_badge(record),
            "form": form,
            "is_grave": step.name in self.grave_moves,
        }

    def _say_moved(self, request, record, step, before):
        if record.status == before:
            messages.info(request, gettext("Nothing to do: it had been done already."))
            return
        messages.success(
            request,
            gettext("“%(record)s”: %(status)s.")
            % {"record": record, "status": record.get_status_display()},
        )

    def _marked_choices(self) -> list:
        """Fields the author may be asked to look at, for a move that sends back."""
        return []
