"""Articles that come as Word documents, and go out as such to the proof-reader.

reading.py: .docx → the text of an article with its footnotes, lists, tables and pictures.
marks.py: words with their formatting. lists.py: how lists count. signs.py: fonts of signs. left_out.py:
what found no place. keeping.py: into the article. writing.py: an article → .docx.
"""

from journal.word.reading import ImportedArticle, ImportedPicture, article_from_docx
from journal.word.writing import article_to_docx

__all__ = ["ImportedArticle", "ImportedPicture", "article_from_docx", "article_to_docx"]
