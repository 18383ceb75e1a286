"""Letters: what is written, to whom, and what cannot be smuggled into one."""

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.utils import timezone

from people.models import AccessLink
from people.phones import whatsapp_url
from publishing import letters
from publishing.letters import KINDS, Letter, fitting, one_line, send, send_letter, write
from publishing.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Суу\nBcc: all@example.org", "Суу Bcc: all@example.org"),
        ("Суу\r\n\r\nhttps://example.org", "Суу https://example.org"),
        ("Суу\x0b\x0c\x1c\x85\u2028\u2029жана жол", "Суу жана жол"),
        ("Суу\u202eлож\u200b", "Сууложд"[:6]),
        ("450\N{NO-BREAK SPACE}000 сом", "450 000 сом"),
    ],
)
def test_one_line_is_one_line(text, line):
    assert one_line(text) == line


def test_letter_has_one_empty_line_between_its_parts_at_most():
    assert letters.without_gaps("\n\n a \n \n\n\t\nb\r\nc\n") == "a\n\nb\nc"


def test_text_for_whatsapp_begins_with_the_subject_in_bold():
    letter = Letter("Готово: *вода* в селе", "Здравствуйте!")
    assert letter.for_whatsapp == "*Готово: вода в селе*\n\nЗдравствуйте!"


@pytest.mark.parametrize(
    ("phone", "start"),
    [
        ("+996 555 12-34-56", "https://wa.me/996555123456?text="),
        ("", "https://wa.me/?text="),
        ("javascript:alert(1)//+996555123456", "https://wa.me/1996555123456?text="),
    ],
)
def test_address_of_whatsapp_holds_digits_and_the_text(phone, start):
    assert whatsapp_url(phone, "Суу & жол?\n#1") == (
        f"{start}%D0%A1%D1%83%D1%83%20%26%20%D0%B6%D0%BE%D0%BB%3F%0A%231"
    )


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_letter_of_a_practice_is_written_in_both_languages(language):
    """Subject, text, signature; no tags, no comments, no other language."""
    practice = factories.make_practice("published", original_language="ky")
    other = {"ky": "Здравствуйте", "ru": "Саламатсызбы"}[language]
    for name in ("submitted", "sent_back", "rejected", "published", "withdrawn"):
        letter = write(name, practice, language=language)
        assert "\n" not in letter.subject
        assert practice.title_ky in letter.subject
        assert letter.text.endswith(settings.SITE_URL), name
        assert other not in letter.text
        for sign in ("{#", "{{", "{%", "#}", "\n\n\n", "&"):
            assert sign not in letter.text, (name, sign)


def test_words_are_not_escaped_as_for_a_browser():
    practice = factories.make_practice("published", title_ky="«Суу & жол» <2 км>", promise_ky="a<b")
    letter = write("published", practice, language="ky")
    assert letter.subject == "Даяр: «Суу & жол» <2 км>"


def test_title_of_many_lines_stays_in_the_subject_and_makes_no_header(settings):
    title = "Суу\r\nBcc: all@example.org\n\nСсылка: https://example.org/"
    practice = factories.make_practice("published", title_ky=title, title_ru=title)
    send_letter.func("published", "practices.practice", practice.pk, "a@example.org", "ru")
    (message,) = mail.outbox
    assert message.subject == "Готово: Суу Bcc: all@example.org Ссылка: https://example.org/"
    assert message.recipients() == ["a@example.org"]
    head = message.message()
    assert head["Bcc"] is None
    assert head.get_all("To") == ["a@example.org"]
    assert "Bcc" not in head.as_string().split("\n\n")[0].replace("Subject", "")
    # The text begins with the portal's own words, not with what stood in the title.
    assert message.body.startswith("Здравствуйте!")


def test_address_with_a_line_break_is_refused():
    practice = factories.make_practice("published")
    with pytest.raises(ValueError, match="newlines"):
        send_letter.func(
            "published", "practices.practice", practice.pk, "a@example.org\nBcc: b@x.org", "ru",
            attempt=5,
        )  # fmt: skip
    assert mail.outbox == []


def test_long_title_leaves_a_short_subject():
    practice = factories.make_practice("published", title_ky="Суу " * 30)
    assert len(write("published", practice, language="ky").subject) <= letters.SUBJECT_LIMIT


def test_nothing_is_sent_without_an_address(django_capture_on_commit_callbacks):
    practice = factories.make_practice("published")
    with django_capture_on_commit_callbacks(execute=True):
        send("published", practice, to="", language="ky")
    assert mail.outbox == []


def test_letter_goes_out_after_the_commit_and_not_before(django_capture_on_commit_callbacks):
    practice = factories.make_practice("published")
    with django_capture_on_commit_callbacks(execute=True):
        send("published", practice, to="a@example.org", language="ky")
        assert mail.outbox == []
    assert len(mail.outbox) == 1


def test_late_letter_that_has_no_point_any_more_is_not_written(contributor):
    """The worker stood still; meanwhile the text was sent in again and is the editors’."""
    practice = factories.make_practice(status=Status.SUBMITTED, created_by=contributor)
    factories.make_draft(contributor, record=practice)
    send_letter.func("sent_back", "practices.practice", practice.pk, contributor.email, "ky")
    assert mail.outbox == []
    assert not AccessLink.objects.exists()


def test_letter_about_what_is_gone_is_not_written():
    send_letter.func("published", "practices.practice", 0, "a@example.org", "ky")
    assert mail.outbox == []


def test_link_in_a_letter_says_who_made_it_and_for_whom(contributor, editor):
    practice = factories.make_practice(status=Status.NEEDS_CHANGES, created_by=contributor)
    factories.make_draft(contributor, record=practice)
    letter = write("sent_back", practice, language="ky", by=editor, note="я" * 300)
    link = AccessLink.objects.get()
    assert (link.purpose, link.created_by, len(link.note)) == ("revise", editor, 120)
    assert link.token_hash not in letter.text
    assert f"{settings.SITE_URL}/ky/go/" in letter.text
    with time_machine.travel(timezone.now() + timezone.timedelta(days=KINDS["sent_back"].days)):
        assert not AccessLink.objects.alive().exists()


def test_letters_without_a_condition_are_never_offered():
    practice = factories.make_practice("published")
    assert list(fitting(practice)) == ["published"]
    letters.register("published_twin", label="x")
    try:
        assert "published_twin" not in fitting(practice)
    finally:
        del KINDS["published_twin"]
