"""Words typed while the keyboard was set to the other alphabet: «,fknfy», «йцукен» for qwerty."""

LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
CYRILLIC = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_PAIRS = list(zip(LATIN, CYRILLIC, strict=True))
_LETTERS = [(latin, cyrillic) for latin, cyrillic in _PAIRS if latin.isalpha()]
_CAPITALS = [(latin.upper(), cyrillic.upper()) for latin, cyrillic in _LETTERS]
_SHIFTED = zip('~{}:"<>', "ЁХЪЖЭБЮ", strict=True)
_TO_CYRILLIC = {ord(latin): cyrillic for latin, cyrillic in [*_PAIRS, *_CAPITALS, *_SHIFTED]}
_TO_LATIN = {ord(cyrillic): latin for latin, cyrillic in [*_PAIRS, *_CAPITALS]}


def other_layout(text: str) -> str:
    """The same keys with the keyboard set to the other alphabet."""
    has_latin = any("a" <= letter <= "z" for letter in text.lower())
    return text.translate(_TO_CYRILLIC if has_latin else _TO_LATIN)
