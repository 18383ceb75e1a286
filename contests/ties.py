"""What ties members to applications, as the records tell: places, authors, projects, advice."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q, prefetch_related_objects

from contests.choices import ConflictKind
from contests.kinship import Kinship
from contests.models import Application, Member
from people.models import Membership
from practices.choices import HelpedBy
from practices.models import Adoption, Practice

#: Of an adoption: somebody from where the practice comes has advised.
ADVISED = {HelpedBy.MENTORING, HelpedBy.CONSULTATION}
#: A name shorter than this is found in too many texts.
LEAST_NAME = 4


def plain_name(name: str) -> str:
    """A name to compare: small letters, words in the order of the alphabet, no signs."""
    return " ".join(sorted(re.findall(r"\w+", (name or "").casefold())))


def plain_text(text) -> str:
    return " ".join(re.findall(r"\w+", str(text or "").casefold()))


@dataclass
class _Side:
    """Either side of a tie. places: units of today; people: ids of accounts; partners: ids."""

    places: set[int] = field(default_factory=set)
    districts: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    partners: set[int] = field(default_factory=set)


@dataclass
class _Entry(_Side):
    """carriers: partners who carry or pay its project. funders: who paid, in words.

    advisers: accounts, names and places of those who have advised.
    """

    carriers: set[int] = field(default_factory=set)
    funders: list[str] = field(default_factory=list)
    advisers: _Side = field(default_factory=_Side)


class Ties:
    """Members and applications read once, in the same number of queries for any number of them."""

    def __init__(self, members: Collection[Member], applications: Collection[Application]):
        self._kinship = Kinship()
        self._roles = self._roles_of(members)
        prefetch_related_objects(
            [each for each in applications if each.practice_id],
            "practice__source_project__donors",
            "practice__other_municipalities",
        )
        self._adoptions = self._adoptions_of(applications)
        self._members = {each.pk: self._member(each) for each in members}
        self._entries = {each.pk: self._entry(each) for each in applications}

    def kinds(self, member: Member, application: Application) -> list[str]:
        """Kinds of conflict between the two, in the order of ConflictKind."""
        here, there = self._members[member.pk], self._entries[application.pk]
        found = []
        if here.places & there.places:
            found.append(ConflictKind.OWN_MUNICIPALITY)
        elif here.districts & there.districts:
            found.append(ConflictKind.SAME_DISTRICT)
        if here.partners & there.partners or self._has_paid(member, there):
            found.append(ConflictKind.EMPLOYER)
        if here.partners & there.carriers:
            found.append(ConflictKind.PARTNER_PROJECT)
        if here.people & there.people or here.names & there.names:
            found.append(ConflictKind.AUTHOR)
        by = there.advisers
        if here.people & by.people or here.names & by.names or here.places & by.places:
            found.append(ConflictKind.MENTOR)
        return found

    # ------------------------------------------------------------ members

    @staticmethod
    def _roles_of(members) -> dict[int, list]:
        """Confirmed roles of the members’ accounts: {account: [municipality]}."""
        accounts = [each.user_id for each in members if each.user_id]
        found: dict[int, list] = {}
        if accounts:
            roles = Membership.objects.verified().filter(user__in=accounts)
            for role in roles.select_related("municipality"):
                found.setdefault(role.user_id, []).append(role.municipality)
        return found

    def _member(self, member) -> _Side:
        places = [*self._roles.get(member.user_id, ())]
        if member.municipality_id:
            places.append(member.municipality)
        return _Side(
            places=self._today(place.pk for place in places),
            districts={place.district_id for place in places} - {None},
            people={member.user_id} - {None},
            names={plain_name(member.name)} - {""},
            partners={member.organisation_id} - {None},
        )

    @staticmethod
    def _has_paid(member, entry: _Entry) -> bool:
        """Whether the organisation stands among those who paid, as the applicant has written it."""
        if not member.organisation_id or not entry.funders:
            return False
        partner = member.organisation
        names = (
            plain_text(getattr(partner, f"{name}_{language}", ""))
            for name in ("title", "short_name")
            for language in ("ky", "ru")
        )
        words = [name for name in names if len(name) >= LEAST_NAME]
        return any(f" {name} " in f" {funder} " for funder in entry.funders for name in words)

    # ------------------------------------------------------------ applications

    def _today(self, keys) -> set[int]:
        return set().union(*(self._kinship.today(pk) for pk in keys))

    @staticmethod
    def _adoptions_of(applications) -> dict[int, list[Adoption]]:
        """Adoptions that an entry may have grown from: {municipality: its adoptions}."""
        places = {each.municipality_id for each in applications}
        rows = Adoption.objects.filter(
            Q(helped_by__overlap=sorted(ADVISED)) | ~Q(coordinator_name="") | ~Q(created_by=None),
            municipality__in=places,
        )
        found: dict[int, list[Adoption]] = {}
        for each in rows.select_related("practice__theme", "practice__municipality"):
            found.setdefault(each.municipality_id, []).append(each)
        return found

    def _entry(self, application) -> _Entry:
        practice, place = application.practice, application.municipality
        answers = application.content.get(application.language) or {}
        entry = _Entry(
            places=self._today([place.pk]),
            districts={place.district_id} - {None},
            people={application.created_by_id} - {None},
            names={
                plain_name(name)
                for name in (application.applicant_name, answers.get("contact_name", ""))
            }
            - {""},
            funders=[
                plain_text(row.get("name"))
                for row in answers.get("funding") or ()
                if isinstance(row, dict) and row.get("name")
            ],
        )
        if practice:
            self._add_practice(entry, practice)
        self._add_advice(entry, application, practice, answers)
        return entry

    def _add_practice(self, entry: _Entry, practice: Practice) -> None:
        entry.people |= {practice.created_by_id} - {None}
        entry.names |= {plain_name(practice.contact_name), plain_name(practice.author_name)} - {""}
        others = practice.other_municipalities.all()
        entry.places |= self._today([practice.municipality_id, *(each.pk for each in others)])
        entry.partners |= {practice.source_partner_id, practice.donor_id} - {None}
        if project := practice.source_project:
            entry.carriers |= {project.partner_id, *(each.pk for each in project.donors.all())}
        # Whoever has edited the description has advised on it.
        entry.advisers.people |= {practice.assignee_id} - {None}

    def _add_advice(self, entry: _Entry, application, practice, answers) -> None:
        """Who has helped the municipality to adopt a practice on the theme of the entry."""
        theme = practice.theme.slug if practice else answers.get("theme")
        for adoption in self._adoptions.get(application.municipality_id, ()):
            if not theme or adoption.practice.theme.slug != theme:
                continue
            entry.advisers.names |= {plain_name(adoption.coordinator_name)} - {""}
            entry.advisers.people |= {adoption.created_by_id} - {None}
            if ADVISED & set(adoption.helped_by or ()):
                entry.advisers.places |= self._today([adoption.practice.municipality_id])
