"""The door of a member’s cabinet, opened as a member opens it."""

from django.urls import reverse

from contests.doors import JURY
from people.actions import make_link


def come_in(client, member) -> str:
    """Open the member’s link in this browser; returns the token of the link."""
    token = make_link(purpose=JURY, target=member)
    assert client.get(reverse("go", args=[token])).status_code == 200
    answer = client.post(reverse("go", args=[token]))
    assert answer.url.endswith(f"/contests/jury/{member.pk}/"), "the link opens the cabinet"
    return token


def entry_url(sheet, name: str = "jury_entry", **numbers) -> str:
    code = sheet.application.code
    return reverse(f"contests:{name}", kwargs={"pk": sheet.member_id, "code": code} | numbers)
