"""Settings of the suite: production's, with what tests need different."""

import os
from pathlib import Path

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # A server of its own for each process of the suite: some tests stop theirs.
    data = Path(os.environ.get("PORTAL_DATA", "var"))
    if data.name != worker:  # not a program that a test has started
        data /= worker
        data.mkdir(parents=True, exist_ok=True)
        (data / "throwaway").touch()
        os.environ["PORTAL_DATA"] = str(data)

if os.environ.get("DATABASE_URL"):
    os.environ.setdefault("SECRET_KEY", "only-for-the-tests-" + "x" * 40)
    os.environ.setdefault("SITE_URL", "http://testserver")
    os.environ.setdefault("ALLOWED_HOSTS", "*")
    os.environ.setdefault("EMAIL_URL", "memorymail://")
else:
    os.environ.setdefault("SITE_URL", "http://testserver")

from portal.settings import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Looks static files up as they are asked for; scanning them at each start takes five times longer.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STAFF_NEEDS_SECOND_FACTOR = False
