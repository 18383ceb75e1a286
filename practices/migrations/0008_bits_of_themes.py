from django.db import migrations, models

# As in 0005; the themes stand in one number, a bit each, which is counted and compared much faster
# than a text. Where the place of a theme changes, its bit does.
FUNCTION = """
CREATE OR REPLACE FUNCTION practices_list_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.adoptions_count := (
        SELECT count(*) FROM practices_adoption
        WHERE practice_id = NEW.id AND status IN ('implemented', 'sustained')
            AND confirmed_on IS NOT NULL AND is_public
    );
    NEW.theme_bits := coalesce((
        SELECT bit_or(1::bigint << (position % 63)) FROM themes_theme
        WHERE id = NEW.theme_id OR id IN (
            SELECT theme_id FROM practices_practice_themes_extra WHERE practice_id = NEW.id
        )
    ), 0);
    RETURN NEW;
END $$;
"""
TRIGGERS = """
DROP TRIGGER practice_has_its_list_columns ON practices_practice;
CREATE TRIGGER practice_has_its_list_columns
    BEFORE INSERT OR UPDATE OF theme_id, adoptions_count, theme_bits ON practices_practice
    FOR EACH ROW EXECUTE FUNCTION practices_list_columns();

CREATE FUNCTION practices_theme_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE practices_practice SET theme_bits = 0
    WHERE theme_id = NEW.id OR id IN (
        SELECT practice_id FROM practices_practice_themes_extra WHERE theme_id = NEW.id
    );
    RETURN NULL;
END $$;
CREATE TRIGGER theme_changes_list_columns
    AFTER UPDATE ON themes_theme FOR EACH ROW
    WHEN (OLD.position IS DISTINCT FROM NEW.position)
    EXECUTE FUNCTION practices_theme_change();

UPDATE practices_practice SET adoptions_count = 0;
"""
COLUMNS = ("published_at", "municipality", "started_year", "list_code", "cost_once",
           "adoptions_count", "theme_bits")  # fmt: skip


def index(name, *fields):
    ordered = {field.removeprefix("-") for field in fields}
    return migrations.AddIndex(
        model_name="practice",
        index=models.Index(
            name=f"practice_list_{name}",
            fields=fields,
            include=[column for column in COLUMNS if column not in ordered],
            condition=models.Q(status__in=("published", "needs_check", "outdated")),
        ),
    )


class Migration(migrations.Migration):
    # The rows are written anew: what waits for the end of a transaction would be in the way.
    atomic = False

    dependencies = [
        ('practices', '0007_source'),
        ('themes', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='practice',
            name='theme_bits',
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.RemoveIndex(model_name='practice', name='practice_list_newest'),
        migrations.RemoveIndex(model_name='practice', name='practice_list_title_ky'),
        migrations.RemoveIndex(model_name='practice', name='practice_list_title_ru'),
        migrations.RunSQL(FUNCTION),
        migrations.RunSQL(TRIGGERS),
        migrations.RemoveField(model_name='practice', name='theme_keys'),
        index("newest", "-published_at", "-id"),
        index("title_ky", "sort_key", "id"),
        index("title_ru", "sort_key_ru", "id"),
    ]
