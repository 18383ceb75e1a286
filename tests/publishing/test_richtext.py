"""Rich text is clean on every way into the database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practices.models import Practice
from publishing.models import Page
from publishing.richtext import (
    clean_html,
    html_to_typed,
    paragraphs_to_html,
    plain_text,
    typed_to_html,
)
from tests import factories
from themes.models import Theme

ATTACKS = (
    "<script>alert(1)</script>",
    "<ScRiPt >alert(1)</sCrIpT>",
    "<p onclick=alert(1)>суу</p>",
    '<p style="background:url(javascript:alert(1))">суу</p>',
    '<img src=x onerror="alert(1)">',
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    '<svg><style><img src="</style><img src=x onerror=alert(1)>">',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">суу</a>',
    '<a href=" jav&#x09;ascript:alert(1)">суу</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">суу</a>',
    '<a href="data:text/html,<script>alert(1)</script>">суу</a>',
    '<a href="vbscript:msgbox(1)">суу</a>',
    '<a href="//evil.example" target="_blank">суу</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<object data="evil.swf"></object><embed src="evil.swf">',
    '<form action="https://evil.example"><input name=password></form>',
    "<style>@import url(https://evil.example)</style>",
    '<link rel=stylesheet href="https://evil.example">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example">',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>",
    '<p class="x" id="y" data-z="1">суу</p>',
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<xss style=behavior:url(#x)>",
    "<p>суу<script",
    "<<script>alert(1)//<</script>",
    "\x00<scr\x00ipt>alert(1)</script>",
    '<video><source onerror="alert(1)"></video>',
    "<details open ontoggle=alert(1)>",
    "<textarea><img title='</textarea><img src onerror=alert(1)>'>",
)
FORBIDDEN = (
    "<script", "onerror", "onclick", "onload", "ontoggle", "javascript:", "vbscript:", "data:", "<img", "<svg",
    "<iframe", "<style", "style=", "<object", "<embed", "<form", "<input", "<link", "<meta", "<base", "<math",
    "class=", " id=", "<!--", "<video", "<template", "target=",
)  # fmt: skip


def is_clean(html: str) -> bool:
    # Escaped text may speak of anything; only real markup counts.
    import re

    markup = " ".join(re.findall(r"<[^>]*>", html)).lower()
    return not any(word in markup for word in FORBIDDEN)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_cleaned(attack):
    assert is_clean(clean_html(attack))
    assert is_clean(clean_html(f"<p>Суу {attack} бар</p>"))
    assert is_clean(paragraphs_to_html(attack))
    assert is_clean(paragraphs_to_html(f"<p>{attack}</p>"))


@given(st.text(alphabet="<>/\"'= &;#:!-abpsvgonerijctl\x00\n", max_size=80))
def test_anything_is_cleaned_and_cleaning_again_changes_nothing(text):
    once = clean_html(text)
    assert is_clean(once)
    assert clean_html(once) == once


def test_what_the_editor_makes_stays():
    html = (
        "<h2>Көйгөй</h2><p>Суу <strong>жок</strong>, <em>такыр</em> м<sup>3</sup> H<sub>2</sub>O.</p>"
        '<ul><li>бир</li></ul><ol start="3"><li>үч</li></ol><blockquote><p>сөз</p></blockquote>'
        '<table><tbody><tr><th colspan="2">баш</th></tr><tr><td>а</td><td>б</td></tr></tbody></table>'
    )
    assert clean_html(html) == html


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a?b=1",
        "http://example.org",
        "mailto:a@example.org",
        "tel:+996312000000",
    ],
)
def test_links_of_the_allowed_kinds_stay(address):
    assert f'href="{address}"' in clean_html(f'<p><a href="{address}">шилтеме</a></p>')
    assert 'rel="noopener"' in clean_html(f'<p><a href="{address}">шилтеме</a></p>')


@pytest.mark.parametrize(
    "empty", ["", "<p></p>", "<p> </p>", "<p><br></p>", "<p>\xa0</p>", "<ul><li></li></ul>"]
)
def test_empty_document_is_an_empty_string(empty):
    assert clean_html(empty) == ""


def test_letters_and_no_break_spaces_stay():
    assert clean_html("<p>Өзгөн, Үч-Коргон, Ңң, «тырмакча», 5\xa0км</p>").replace(
        "&nbsp;", "\xa0"
    ) == ("<p>Өзгөн, Үч-Коргон, Ңң, «тырмакча», 5\xa0км</p>")


# ---------------------------------------------------------------- every way into the database

EVIL = '<p>Суу<script>alert(1)</script> <b>бар</b></p><img src=x onerror="alert(1)">'
CLEAN = "<p>Суу <strong>бар</strong></p>"


def stored(model, pk) -> dict[str, str]:
    """Both columns of every rich text, as they lie in the database."""
    texts = {"problem", "solution", "result", "text", "body"} & model.translated_field_names()
    columns = [f"{name}_{language}" for name in texts for language in ("ky", "ru")]
    return model.objects.values(*columns).get(pk=pk)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ky", "ru", "en"])
def test_save_cleans_both_columns(language):
    from django.utils import translation

    with translation.override(language):
        practice = factories.make_practice(problem_ky=EVIL, problem_ru=EVIL, solution_ky=EVIL)
    assert practice.problem_ky == CLEAN
    columns = stored(Practice, practice.pk)
    assert columns["problem_ky"] == columns["problem_ru"] == columns["solution_ky"] == CLEAN
    raw = Practice.objects.filter(pk=practice.pk).values_list("problem", "solution")
    assert "<script" not in str(raw)


@pytest.mark.django_db
def test_bare_field_cleans_the_column_of_the_language():
    from django.utils import translation

    practice = factories.make_practice()
    with translation.override("ru"):
        practice.problem = EVIL
        practice.save()
    columns = stored(Practice, practice.pk)
    assert (columns["problem_ru"], columns["problem_ky"]) == (CLEAN, "<p>Суу жок болчу.</p>")


@pytest.mark.django_db
def test_bulk_create_and_bulk_update_clean():
    practice = factories.make_practice()
    practice.pk, practice.uuid, practice.slug, practice._state.adding = (
        None,
        Page().uuid,
        "another",
        True,
    )
    practice.problem_ky = EVIL
    made = Practice.objects.bulk_create([practice])[0]
    assert stored(Practice, made.pk)["problem_ky"] == CLEAN
    other = factories.make_practice()
    other.result_ru = EVIL
    Practice.objects.bulk_update([other], ["result_ru"])
    assert stored(Practice, other.pk)["result_ru"] == CLEAN


@pytest.mark.django_db
def test_get_or_create_and_create_clean():
    page = Page.objects.create(title_ky="Барак", body_ky=EVIL, body_ru=EVIL)
    assert stored(Page, page.pk)["body_ky"] == stored(Page, page.pk)["body_ru"] == CLEAN
    theme, _new = Theme.objects.update_or_create(slug="waste", defaults={"text_ky": EVIL})
    assert stored(Theme, theme.pk)["text_ky"] == CLEAN


@pytest.mark.django_db
def test_saving_some_columns_cleans_them():
    practice = factories.make_practice()
    practice.problem_ky = EVIL
    practice.save(update_fields=["problem_ky"])
    assert stored(Practice, practice.pk)["problem_ky"] == CLEAN


@pytest.mark.django_db
def test_update_cleans_too():
    practice = factories.make_practice()
    Practice.objects.filter(pk=practice.pk).update(problem_ky=EVIL, result_ru="")
    columns = stored(Practice, practice.pk)
    assert (columns["problem_ky"], columns["result_ru"]) == (CLEAN, "")


# ---------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Бир</p><p>эки</p>", "Бир\nэки"),
        ("<ul><li>бир</li><li>эки</li></ul>", "бир\nэки"),
        ("<p>а &lt; б &amp; в</p>", "а < б & в"),
        ("<p>бир<br>эки</p>", "бир\nэки"),
        ("<p>5\xa0км</p>", "5 км"),
        ("", ""),
    ],
)
def test_plain_text(html, text):
    assert plain_text(html) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Бир.\n\nЭки.", "<p>Бир.</p><p>Эки.</p>"),
        ("Бир.\r\n\r\nЭки.", "<p>Бир.</p><p>Эки.</p>"),
        ("Бир\nэки", "<p>Бир<br>эки</p>"),
        ("Бир\r\nэки", "<p>Бир<br>эки</p>"),
        ("а < б & в > г", "<p>а &lt; б &amp; в &gt; г</p>"),
        ("<p>Бир</p>", "<p>Бир</p>"),
        ("<P>Бир</P>", "<p>Бир</p>"),
        ("<div>Бир</div>", "<p>Бир</p>"),
        ("<b>Бир</b> эки\n\nүч", "<p><strong>Бир</strong> эки</p><p>үч</p>"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_text_of_an_import_becomes_paragraphs(text, html):
    assert paragraphs_to_html(text) == html


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("kind", ["ul", "ol"])
def test_list_goes_into_a_plain_field_and_back_as_one_list(kind, count):
    items = "".join(f"<li>суу {number}</li>" for number in range(count))
    html = f"<p>Эмне жасалды:</p><{kind}>{items}</{kind}><p>Андан кийин.</p>"
    typed = html_to_typed(html)
    assert typed.count("\n\n") == 2, "blank lines stand around the list, not in it"
    assert typed_to_html(typed) == html
