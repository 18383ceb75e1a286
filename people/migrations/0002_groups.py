from django.db import migrations

# Written out: a migration must not change when people/roles.py does.
GROUPS = (
    "Contributor",
    "Translator",
    "Theme editor",
    "Chief editor",
    "Specialist",
    "Contest secretary",
    "Partner editor",
    "Moderator",
    "Observer",
)


def make_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in GROUPS:
        group.objects.get_or_create(name=name)


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_groups, remove_groups)]
