"""Kyrgyz alphabetical order, which databases without ICU do not know.

Each letter is mapped to one that stands in the right place of the code table; the same table makes
the SQL expression of generated columns and the key in Python (a test holds them together).
"""

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Coalesce, Lower, NullIf

ALPHABET = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"
#: 36 characters in code order, one for each letter; none of them occurs in the alphabet's place.
LADDER = "".join(chr(0x0430 + i) for i in range(len(ALPHABET)))
_TABLE = str.maketrans(ALPHABET, LADDER)


class Translate(Func):
    function = "TRANSLATE"


def sort_key(text: str) -> str:
    """Key that sorts Kyrgyz and Russian words by their alphabet: «өзөн» after «оёнду»."""
    return text.lower().translate(_TABLE)


def sort_key_expression(*columns: str) -> Translate:
    """The same key as an SQL expression over a column, for a GeneratedField or an index.

    Of several columns, over the first that is not empty.
    """
    filled = [NullIf(F(column), Value("")) for column in columns[:-1]]
    return Translate(
        Lower(Coalesce(*filled, F(columns[-1]), Value(""), output_field=models.TextField())),
        Value(ALPHABET),
        Value(LADDER),
        output_field=models.TextField(),
    )
