"""manage.py load_demo."""

from django.core.management.base import BaseCommand

from portal.demo.loader import load_demo


class Command(BaseCommand):
    help = "Loads the demo content; what is there already stays as it is."

    def handle(self, **options):
        counts = load_demo()
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
