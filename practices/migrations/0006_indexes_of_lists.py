from django.db import migrations, models


# A pass over an index of lists takes some ten milliseconds: workers would take as long to begin, and
# other readers want the other processors.
ALONE = "ALTER TABLE practices_practice SET (parallel_workers = 0)"
NOT_ALONE = "ALTER TABLE practices_practice RESET (parallel_workers)"


class Migration(migrations.Migration):

    dependencies = [
        ('practices', '0005_columns_of_lists'),
    ]

    operations = [
        migrations.RunSQL(ALONE, NOT_ALONE),
        migrations.AddIndex(
            model_name='practice',
            index=models.Index(condition=models.Q(('status__in', ('published', 'needs_check', 'outdated'))), fields=['-published_at', '-id'], include=('municipality', 'started_year', 'list_code', 'cost_once', 'adoptions_count', 'theme_keys'), name='practice_list_newest'),
        ),
        migrations.AddIndex(
            model_name='practice',
            index=models.Index(condition=models.Q(('status__in', ('published', 'needs_check', 'outdated'))), fields=['sort_key', 'id'], include=('published_at', 'municipality', 'started_year', 'list_code', 'cost_once', 'adoptions_count', 'theme_keys'), name='practice_list_title_ky'),
        ),
        migrations.AddIndex(
            model_name='practice',
            index=models.Index(condition=models.Q(('status__in', ('published', 'needs_check', 'outdated'))), fields=['sort_key_ru', 'id'], include=('published_at', 'municipality', 'started_year', 'list_code', 'cost_once', 'adoptions_count', 'theme_keys'), name='practice_list_title_ru'),
        ),
    ]
