"""Drawings kept in the storage by what they show, so that the same thing is drawn once."""

from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def kept(folder: str, key: str, digest: str, suffix: str, draw: Callable[[], bytes]) -> bytes:
    """The drawing of that digest: from the storage, or drawn now in place of the key's older ones.

    key: whose drawing it is, «<uuid>-ky». digest: publishing.pdf.fingerprint of what it shows.
    """
    name = f"{folder}/{key}-{digest}.{suffix}"
    if default_storage.exists(name):
        with default_storage.open(name) as stored:
            return stored.read()
    content = draw()
    forget(folder, key)
    default_storage.save(name, ContentFile(content))
    return content


def forget(folder: str, key: str) -> None:
    """Delete every drawing whose key begins so."""
    if not default_storage.exists(folder):
        return
    _folders, names = default_storage.listdir(folder)
    for name in names:
        if name.startswith(f"{key}-"):
            default_storage.delete(f"{folder}/{name}")
