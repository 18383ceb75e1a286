from modeltranslation.translator import TranslationOptions, register

from journal.models import (
    Article,
    ArticleFile,
    ArticlePicture,
    Author,
    Copies,
    Cover,
    Credit,
    Issue,
    IssueEdition,
    PitchFile,
    PlanLine,
    Rubric,
    TeamMember,
)


@register(Rubric)
class RubricTranslation(TranslationOptions):
    fields = ("name",)


@register(Author)
class AuthorTranslation(TranslationOptions):
    fields = ("name", "post", "organisation", "bio")


@register(Issue)
class IssueTranslation(TranslationOptions):
    fields = ("title", "lead")


@register([Cover, ArticlePicture])
class PictureTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")


@register([IssueEdition, ArticleFile, PitchFile])
class FileTranslation(TranslationOptions):
    fields = ("title",)


@register(TeamMember)
class TeamMemberTranslation(TranslationOptions):
    fields = ("name", "task")


@register(Copies)
class CopiesTranslation(TranslationOptions):
    fields = ("group",)


@register(Article)
class ArticleTranslation(TranslationOptions):
    fields = ("title", "subtitle", "lead", "body", "sources", "correction")


@register(Credit)
class CreditTranslation(TranslationOptions):
    fields = ("post", "organisation")


@register(PlanLine)
class PlanLineTranslation(TranslationOptions):
    fields = ("topic",)
