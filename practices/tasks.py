"""Background work of practices."""

from practices.models import Practice
from practices.passport import passport_pdf
from practices.sharing import share_jpeg
from publishing.languages import LANGUAGES
from publishing.pdf.keeping import forget
from publishing.tasks import retried


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
