"""Background work of practices."""

from practices.models import Practice
from practices.sharing import forget_old_pictures, share_jpeg
from publishing.languages import LANGUAGES
from publishing.tasks import retried


@retried()
def make_share_image(pk: int) -> None:
    """Draw the pictures of a public practice ahead of its first reader. Idempotent."""
    practice = (
        Practice.objects.readable()
        .select_related("theme", "municipality__oblast", "municipality__district")
        .filter(pk=pk)
        .first()
    )
    if practice:
        for language in LANGUAGES:
            share_jpeg(practice, language)
        forget_old_pictures(practice)
