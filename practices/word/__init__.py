"""Practices that come as Word documents: the template the portal offers, and reading what comes back.

fields.py: what the template asks, from practices/data/word.json. template.py: the empty document.
document.py: an uploaded .docx as plain blocks, with all that is hostile refused. values.py: dates,
money and choices as people write them. reading.py: blocks → answers of a draft. styles.py: what
every document the portal writes is set with.
"""

from practices.word.reading import Intake, read_word
from practices.word.template import blank_template

__all__ = ["Intake", "blank_template", "read_word"]
