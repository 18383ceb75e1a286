from django.db import migrations, models
from django.db.models import PROTECT

KEEP = """
INSERT INTO search_label (text)
    SELECT DISTINCT themes FROM search_thing
    UNION SELECT DISTINCT concat_ws('|', kind, oblast, coalesce(year::text, ''), languages)
        FROM search_thing;
UPDATE search_thing SET
    new_themes_id = (SELECT id FROM search_label WHERE text = themes),
    shelf_id = (SELECT id FROM search_label
        WHERE text = concat_ws('|', kind, oblast, coalesce(year::text, ''), languages));
"""


class Migration(migrations.Migration):
    """What narrows results moves from texts of each thing to labels that things share."""

    # The update leaves constraint triggers waiting, with which the table cannot be changed further.
    atomic = False

    dependencies = [
        ('search', '0001_words_and_entries'),
    ]

    operations = [
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(blank=True, max_length=300, unique=True)),
            ],
            options={'verbose_name': 'label of things', 'verbose_name_plural': 'labels of things'},
        ),
        migrations.AddField(
            model_name='thing',
            name='shelf',
            field=models.ForeignKey(db_index=False, null=True, on_delete=PROTECT, related_name='+', to='search.label'),
        ),
        migrations.AddField(
            model_name='thing',
            name='new_themes',
            field=models.ForeignKey(db_index=False, null=True, on_delete=PROTECT, related_name='+', to='search.label'),
        ),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RemoveField(model_name='thing', name='themes'),
        migrations.RemoveField(model_name='thing', name='oblast'),
        migrations.RemoveField(model_name='thing', name='year'),
        migrations.RemoveField(model_name='thing', name='languages'),
        migrations.RenameField(model_name='thing', old_name='new_themes', new_name='themes'),
        migrations.AlterField(
            model_name='thing',
            name='shelf',
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name='+', to='search.label'),
        ),
        migrations.AlterField(
            model_name='thing',
            name='themes',
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name='+', to='search.label'),
        ),
    ]
