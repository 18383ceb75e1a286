"""The settings of senders: nothing works by default, and what is missing is named."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings


def manage(**extra):
    keep = {
        name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_DATA") if name in os.environ
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=django_settings.BASE_DIR,
        env=keep | extra,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_secret_of_the_messenger_has_a_value_by_itself():
    for name in ("TOKEN", "PHONE_ID", "TEMPLATE", "APP_SECRET", "VERIFY_TOKEN"):
        assert getattr(django_settings, f"WHATSAPP_{name}") == ""
    assert django_settings.CODE_SENDER == "desk"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CODE_SENDER": "pigeon"}, "CODE_SENDER"),
        ({"CODE_SENDER": "whatsapp"}, "WHATSAPP_TOKEN"),
        (
            {"CODE_SENDER": "whatsapp", "WHATSAPP_TOKEN": "x", "WHATSAPP_PHONE_ID": "1"},
            "WHATSAPP_TEMPLATE",
        ),
        ({"WHATSAPP_APP_SECRET": "x"}, "WHATSAPP_VERIFY_TOKEN"),
    ],
)
def test_start_stops_with_the_name_of_what_is_missing(given, named):
    done = manage(**given)
    assert done.returncode != 0
    assert named in done.stderr


def test_keys_choose_the_messenger():
    done = manage(
        CODE_SENDER="whatsapp", WHATSAPP_TOKEN="x", WHATSAPP_PHONE_ID="1", WHATSAPP_TEMPLATE="t"
    )
    assert done.returncode == 0, done.stderr
