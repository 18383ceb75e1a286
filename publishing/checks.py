"""System checks on the database: Kyrgyz letters must fold and have trigrams."""

from django.core.checks import Error, Tags, register
from django.db import connections


@register(Tags.database)
def database_knows_kyrgyz(app_configs, databases, **kwargs):
    """lower() and pg_trgm must know Ө Ү Ң; a database made with locale C does not."""
    errors = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT lower('ҮӨҢ') = 'үөң'")
            if not cursor.fetchone()[0]:
                errors.append(
                    Error(
                        "The database does not know Kyrgyz letters: lower('ҮӨҢ') is wrong.",
                        hint="Create it with a UTF-8 character type, for example LC_CTYPE C.UTF-8.",
                        id="publishing.E001",
                    )
                )
            cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
            if cursor.fetchone()[0]:
                cursor.execute("SELECT show_trgm('өү') <> '{}'")
                if not cursor.fetchone()[0]:
                    errors.append(
                        Error(
                            "pg_trgm finds no trigrams in Kyrgyz words.",
                            hint="Create the database with a UTF-8 character type.",
                            id="publishing.E002",
                        )
                    )
    return errors
