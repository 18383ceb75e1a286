"""The page of search over everything, and the words it offers while one types."""

import re
import unicodedata
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.limits import is_new_from_address
from people.phones import whatsapp_url
from places.models import Oblast
from portal.views import themes_with_counts
from practices.filters import FacetView, facet_view
from publishing.languages import LANGUAGES, current_language
from publishing.public_pages import public_page
from search import missed
from search.query import FACETS, MAX_PAGES, PAGE_SIZE, Found, Hit, Suggestion, suggest
from search.query import search as find
from search.registry import KINDS
from themes.models import Theme

LONGEST = 100
#: Up to this length a single word may be the beginning of another.
SHORT_WORD = 5
#: What one may type, in both languages: the empty page shows that either finds both.
EXAMPLES = (
    ("ky", "таза суу"),
    ("ru", "уличное освещение"),
    ("ky", "таштанды"),
    ("ru", "бюджет для граждан"),
    ("ky", "жайыт"),
    ("ru", "детский сад"),
)
FACET_LABELS = {
    "kind": gettext_lazy("What it is"),
    "theme": gettext_lazy("Theme"),
    "oblast": gettext_lazy("Oblast"),
    "year": gettext_lazy("Year"),
    "language": gettext_lazy("Language of the text"),
}


def typed(text: str) -> str:
    """One line without characters nobody types: control signs, marks of direction."""
    kinds = ((char, unicodedata.category(char)) for char in text)
    shown = "".join(
        " " if kind in {"Cc", "Zl", "Zp"} else char for char, kind in kinds if kind != "Cf"
    )
    return " ".join(shown.split())


def letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


class Asked:
    """What the address asks for: words and facets. Unknown values are left out; `ignored` says so."""

    def __init__(self, data):
        whole = typed(data.get("q", "")[: 10 * LONGEST])
        self.text = whole[:LONGEST].strip()
        self.is_cut = len(whole) > LONGEST
        self.has_words = letters(self.text) > 0
        self.chosen: dict[str, str] = {}
        self.ignored = False
        self._labels = self._known() if self.has_words else {}
        for name in FACETS if self.has_words else ():
            if value := data.get(name, "").strip():
                if self.label(name, value):
                    self.chosen[name] = value
                else:
                    self.ignored = True
        page = data.get("page", "")
        is_number = page.isascii() and page.isdigit()
        self.page = min(max(int(page[:4]), 1), MAX_PAGES) if is_number else 1

    @staticmethod
    def _known() -> dict[str, dict[str, str]]:
        return {
            "kind": {name: str(kind.label) for name, kind in KINDS.items()},
            "theme": dict(Theme.objects.values_list("slug", "name")),
            "oblast": {oblast.code: oblast.label for oblast in Oblast.objects.all()},
            "language": {
                code: capfirst(get_language_info(code)["name_translated"]) for code in LANGUAGES
            },
        }

    def label(self, facet: str, value: str) -> str:
        """The value as readers see it, "" where there is no such value."""
        if facet == "year":
            return value if re.fullmatch("(19|20)[0-9]{2}", value) else ""
        return capfirst(self._labels[facet].get(value, ""))

    def query(self, **changes) -> str:
        """Query string of this state with changes; None or "" drops a key; the page starts anew."""
        state = {"q": self.text} | self.chosen | changes
        return "?" + urlencode({key: value for key, value in state.items() if value})

    def facets(self, counts: dict[str, dict[str, int]]) -> list[FacetView]:
        """The facets with their counts, in the order of the portal."""
        return [self._facet(name, counts.get(name, {})) for name in FACETS]

    def _facet(self, name: str, counts: dict[str, int]) -> FacetView:
        chosen = self.chosen.get(name)
        if name == "year":
            values = sorted({*counts, chosen} - {None}, reverse=True)
        elif name == "kind":
            values = sorted(self._labels[name], key=lambda value: -counts.get(value, 0))
        else:
            values = self._labels[name]
        options = [(value, self.label(name, value)) for value in values]
        return facet_view(name, FACET_LABELS[name], options, counts, chosen, self.query)


def address_of(path: str) -> str:
    return f"/{current_language()}{path}"


def kind_name(kind: str) -> str:
    """One thing of the kind by name: «Practice»."""
    return capfirst(KINDS[kind].model._meta.verbose_name) if kind in KINDS else ""  # noqa: SLF001


def hit_row(hit: Hit) -> dict:
    return {
        "hit": hit,
        "url": f"/{hit.language}{hit.path}",
        "kind": kind_name(hit.kind),
        "is_foreign": hit.language != current_language(),
    }


def offer(suggestion: Suggestion) -> dict[str, str]:
    """A suggestion as link: to the thing itself, or to a search for the word."""
    if suggestion.path:
        url = address_of(suggestion.path)
    else:
        url = f"{reverse('search')}?{urlencode({'q': suggestion.text})}"
    shown = {"text": suggestion.text, "kind": kind_name(suggestion.kind), "url": url}
    if suggestion.language not in {"", current_language()}:
        shown["lang"] = suggestion.language
    return shown


def offers(asked: Asked, found: Found) -> list[dict[str, str]]:
    """For a word that may be the beginning of another, or that finds nothing as it stands."""
    is_short = len(asked.text) <= SHORT_WORD
    if asked.chosen or found.page > 1 or not (is_short or not found.total or found.is_partial):
        return []
    told = {asked.text.casefold(), found.suggestion.casefold()}
    shown = {hit.path for hit in found.hits}
    return [
        offer(each)
        for each in suggest(asked.text, language=current_language())
        if each.text.casefold() not in told and each.path not in shown
    ]


def fewer_words(asked: Asked) -> list[dict[str, str]]:
    """Each word of several as a search of its own."""
    words = list(dict.fromkeys(word for word in asked.text.split() if letters(word) > 2))
    if len(words) < 2:
        return []
    return [{"text": word, "url": asked.query(q=word)} for word in words[:6]]


def count_if_missed(request, asked: Asked, found: Found) -> None:
    """Count words that find nothing, for the editors: a person's, once a day from one address."""
    if found.total or request.method != "GET" or asked.page > 1 or asked.chosen.keys() - {"theme"}:
        return
    if missed.is_robot(request.headers.get("User-Agent", "")):
        return
    words, theme = missed.countable(asked.text), asked.chosen.get("theme", "")
    if words and is_new_from_address(request, "missed", f"{words} {theme}"):
        missed.count_missed(words, language=current_language(), theme=theme)


def ask_url(text: str) -> str:
    """A chat with the Union, the question ready; "" where the portal knows no number."""
    if not settings.UNION_WHATSAPP:
        return ""
    question = _(
        "Hello! I looked for “%(text)s” on the portal of best practice and found nothing. Which municipality has experience with it?"
    )
    return whatsapp_url(settings.UNION_WHATSAPP, question % {"text": text})


@public_page(uncached=("q",))
@require_safe
def search(request):
    """Results by relevance with facets; without words, how to search and where else to look."""
    asked = Asked(request.GET)
    if asked.is_cut:
        # Each link of the page would carry all of it.
        return HttpResponseRedirect(asked.query())
    context = {"asked": asked, "section": "search"}
    if not asked.has_words:
        context |= {"examples": EXAMPLES, "themes": themes_with_counts()}
        return render(request, "portal/search.html", context)
    found = find(asked.text, language=current_language(), chosen=asked.chosen, page=asked.page)
    count_if_missed(request, asked, found)
    paginator = Paginator(range(min(found.total, PAGE_SIZE * MAX_PAGES)), PAGE_SIZE)
    page = paginator.get_page(found.page)
    context |= {
        "found": found,
        "rows": [hit_row(hit) for hit in found.hits],
        "facets": asked.facets(found.facets),
        "offers": offers(asked, found),
        "suggestion_url": asked.query(q=found.suggestion) if found.suggestion else "",
        "page": page,
        "pages": [
            (number, asked.query(page=number) if isinstance(number, int) else "")
            for number in paginator.get_elided_page_range(page.number, on_each_side=1)
        ],
        "is_end_of_many": found.total > PAGE_SIZE * MAX_PAGES and page.number == MAX_PAGES,
    }
    if not found.total:
        context |= {
            "themes": themes_with_counts(),
            "fewer": fewer_words(asked),
            "ask_url": ask_url(asked.text),
            "without_facets": asked.query(**dict.fromkeys(FACETS)),
        }
    return render(request, "portal/search.html", context)


@public_page(uncached=("q",))
@require_safe
def suggestions(request):
    """[{text, kind, url}] for what one has typed so far; [] for what is no beginning of a word."""
    text = typed(request.GET.get("q", "")[: 10 * LONGEST])
    if len(text) > LONGEST or letters(text) < 2:
        return JsonResponse([], safe=False)
    found = suggest(text, language=current_language())
    return JsonResponse([offer(each) for each in found], safe=False)
