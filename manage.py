#!/usr/bin/env python3
"""Django's command line, on the embedded database where DATABASE_URL names no other."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal import embedded

    try:
        embedded.start(embedded.data_folder())
    except embedded.EmbeddedError as error:
        sys.exit(str(error))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A variable is missing: the sentence names it, a traceback would hide it.
        sys.exit(f"{error}. See .env.example.")


if __name__ == "__main__":
    main()
