"""Files made of an issue and of its articles: PDF, EPUB, the package for the layout designer.

texts.py: an article's text as a tree all of them draw. content.py: what an issue holds, as data.
pdf.py, epub.py, package.py: the three writers. pages.py: on which page of the PDF an article begins.
making.py: the task, its progress, what is on offer.
"""
