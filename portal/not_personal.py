"""Columns whose names sound personal and are not; portal/personal_data.py declares the others."""

#: Fields that look personal and are not: reason → «app.Model.field».
NOT_PERSONAL: dict[str, tuple[str, ...]] = {
    "names of places": (
        "places.Oblast.name", "places.Oblast.short_name", "places.Oblast.former_names",
        "places.District.name", "places.District.short_name", "places.District.former_names",
        "places.Municipality.name", "places.Municipality.short_name",
        "places.Municipality.former_names",
    ),
    "names of themes, tags, groups, rights and tasks": (
        "themes.Theme.name", "themes.Tag.name", "themes.Tag.name_sort_key", "taggit.Tag.name",
        "auth.Group.name", "auth.Permission.name", "auth.Permission.codename",
        "publishing.PeriodicRun.name", "django_tasks_database.DBTaskResult.queue_name",
        "django_tasks_database.DBTaskResult.backend_name",
    ),
    "organisations and groups that gave money; editors see to it that no private person is named": (
        "practices.Funding.name",
    ),
    "names, numbers and addresses of organisations, as they make them public": (
        "partners.Partner.short_name", "partners.Partner.email", "partners.Partner.phone",
        "partners.Partner.address",
    ),
    "who made a logo or a picture, as printed beside it; named in the article’s credits": (
        "partners.Logo.author", "contests.VisitPhoto.author", "contests.ApplicationPicture.author", "journal.Cover.author", "journal.ArticlePicture.author",
        "journal.Credit.author",
    ),
    "what a contest’s rules say; a document; how a conflict was found": (
        "contests.Contest.hides_names", "contests.Member.appointed_by",
        "contests.Conflict.found_by",
    ),
    "names of rubrics; which mailing": ("journal.Rubric.name", "journal.MailingRecipient.mailing"),
    "rights, marks and dates": (
        "journal.Article.has_no_personal_data",
        "people.User.is_superuser", "people.User.phone_verified",
        "practices.Practice.has_no_personal_data", "practices.Check.answer_by",
    ),
    "the index: what is public anyway": ("search.Thing.head",),
    "choices from a list": ("practices.Practice.scale_by", "practices.Adoption.helped_by"),
}  # fmt: skip
