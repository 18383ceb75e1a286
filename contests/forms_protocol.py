"""Forms of the awards and their votes, as the secretary writes them down."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from contests.choices import Outcome
from contests.models import Award, Protocol
from contests.protocol_facts import titles_of
from publishing.editing import TwoLanguageForm
from publishing.languages import current_language

REASONS = ("reason_ky", "reason_ru")
VOTES = ("votes_for", "votes_against", "votes_abstained")


class AwardForm(TwoLanguageForm):
    """Place or name of an award, its votes, the reason; `may_vote`: how many members at most."""

    is_taken_away = forms.BooleanField(label=_("Take away"), required=False)

    class Meta:
        model = Award
        fields = ["place", "title_ky", "title_ru", *VOTES, *REASONS]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.may_vote = 0
        outcome = self.instance.outcome
        if outcome != Outcome.PLACE:
            del self.fields["place"]
        if outcome != Outcome.SPECIAL:
            del self.fields["title_ky"], self.fields["title_ru"]
        if outcome == Outcome.NONE:
            for name in VOTES:
                del self.fields[name]
        for name, field in self.fields.items():
            field.label = capfirst(field.label)
            if name in VOTES or name == "place":
                field.widget.attrs |= {"class": "vote", "min": 0, "inputmode": "numeric"}
        if "place" in self.fields:
            self.fields["place"].required = True

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("is_taken_away"):
            return cleaned
        if "title_ky" in self.fields and not (cleaned.get("title_ky") or cleaned.get("title_ru")):
            self.add_error("title_ky", _("Give the title in at least one language."))
        _want_both(self)
        given = sum(cleaned.get(name) or 0 for name in VOTES)
        if "votes_for" in self.fields and given > self.may_vote:
            self.add_error(
                "votes_for",
                _("Votes in all: %(given)s. At most %(most)s members present may vote on it.")
                % {"given": given, "most": self.may_vote},
            )
        return cleaned


AwardFormSet = forms.modelformset_factory(Award, form=AwardForm, extra=0)


class NewAwardForm(TwoLanguageForm):
    """An award by hand: a special one, or a place that the ranking does not give."""

    class Meta:
        model = Award
        fields = ["application", "outcome", "place", "title_ky", "title_ru", *REASONS]

    def __init__(self, *args, protocol: Protocol, **kwargs):
        super().__init__(*args, **kwargs)
        self.protocol = protocol
        entries = self.fields["application"]
        entries.queryset = protocol.contest.applications.admitted().select_related("municipality")
        entries.label_from_instance = _entry_label
        self.fields["outcome"].choices = [
            (each.value, capfirst(each.label))
            for each in (Outcome.SPECIAL, Outcome.PLACE, Outcome.NONE)
        ]

    def clean(self):
        cleaned = super().clean()
        outcome, entry = cleaned.get("outcome"), cleaned.get("application")
        if outcome == Outcome.PLACE and not cleaned.get("place"):
            self.add_error("place", _("Say which place."))
        if outcome != Outcome.PLACE:
            cleaned["place"] = None
        if outcome == Outcome.SPECIAL and not (cleaned.get("title_ky") or cleaned.get("title_ru")):
            self.add_error("title_ky", _("Give the title in at least one language."))
        if outcome == Outcome.PLACE and entry and entry.awards.filter(outcome=outcome).exists():
            self.add_error("application", _("This entry has a place already."))
        _want_both(self)
        return cleaned

    def save(self, commit=True):
        award = super().save(commit=False)
        award.contest = self.protocol.contest
        award.nomination = award.application.nomination
        award.group = award.application.group if award.nomination.has_groups else ""
        award.save()
        return award


def _want_both(form) -> None:
    """A reason stands in the protocol, which is in both languages."""
    given = [name for name in REASONS if form.cleaned_data.get(name)]
    for name in REASONS:
        if given and name not in given:
            form.add_error(name, _("Give it in this language too: the protocol is in both."))


def _entry_label(entry) -> str:
    title = titles_of(entry)[current_language()]
    return f"{entry.number} «{title}», {entry.municipality.label}"
