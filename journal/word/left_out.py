"""What an article could not take from its document, in sentences for the editor."""

from django.utils.translation import gettext, ngettext


def sentences(reasons: set[str], *, unreadable: int, too_many: int) -> list[str]:
    """reasons: keys below. unreadable, too_many: pictures left out for that."""
    told = []
    if unreadable:
        told.append(
            ngettext(
                "%(count)s picture was left out: sound JPEG, PNG and WebP are taken.",
                "%(count)s pictures were left out: sound JPEG, PNG and WebP are taken.",
                unreadable,
            )
            % {"count": unreadable}
        )
    if too_many:
        told.append(
            ngettext(
                "%(count)s further picture was left out: twenty at most are taken.",
                "%(count)s further pictures were left out: twenty at most are taken.",
                too_many,
            )
            % {"count": too_many}
        )
    known = {
        "elsewhere": gettext("A picture only linked to was left out. Put it into the document."),
        "object": gettext("An embedded object or a drawing was left out."),
        "comments": gettext("Comments in the margin were left out."),
        "note": gettext("A footnote of the title or of a picture was left out."),
        "lost note": gettext("A footnote is named in the text, but has no words."),
        "nested": gettext("A table inside a table came as lines of text."),
        "formula": gettext("Formulas came as plain text: look at them."),
        "tracked": gettext("Tracked changes came as if all of them were accepted."),
        "struck": gettext("Struck-out words came as plain ones: look whether they stay."),
        "cropped": gettext("A picture was cropped in the document; here it is whole."),
        "old font": gettext(
            "The text seems to be in an old font: ң, ө, ү came as other letters. "
            "Mend them in the document and send it again."
        ),
    }
    return [*told, *(sentence for reason, sentence in known.items() if reason in reasons)]
