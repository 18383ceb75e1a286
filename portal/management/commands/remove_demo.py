"""manage.py remove_demo."""

from django.core.management.base import BaseCommand

from portal.demo.loader import remove_demo


class Command(BaseCommand):
    help = "Removes everything that load_demo made; real records stay."

    def handle(self, **options):
        counts = remove_demo()
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
