"""Background work of practices."""

from datetime import timedelta

from practices import checks
from practices.models import Practice
from practices.passport import passport_pdf
from practices.sharing import share_jpeg
from publishing.languages import LANGUAGES
from publishing.pdf.keeping import forget
from publishing.tasks import every, retried


@retried()
def make_share_image(pk: int) -> None:
    """Draw a public practice's pictures and sheets ahead of the first reader; forget those of one
    that is public no more. Idempotent.
    """
    practice = Practice.objects.for_detail().filter(pk=pk).first()
    if practice is None:
        return
    if not practice.is_readable:
        for folder in ("share", "passport"):
            forget(folder, str(practice.uuid))
        return
    for language in LANGUAGES:
        share_jpeg(practice, language)
        passport_pdf(practice, language)


@every(timedelta(days=1))
def ask_whether_it_works() -> None:
    """Ask of what is due, and take silence for an answer. Run twice, it asks once."""
    checks.close_silent()
    checks.ask_practices()
    checks.ask_adoptions()
