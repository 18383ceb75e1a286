import pytest

from practices.models import Practice
from tests import factories


@pytest.mark.django_db
def test_factory():
    p = factories.make_practice("published")
    assert p.missing_for_publication() == []
    assert Practice.objects.published().get() == p
    assert p.ready_languages == ["ky", "ru"]
    q = factories.make_practice("published", "ru_only")
    assert q.missing_for_publication() == []
    assert q.ready_languages == ["ru"]
    assert q.state_ky == "absent"
    s = factories.make_practice("published", "stale")
    assert s.stale_fields == ["title"]
    d = factories.make_practice()
    assert d.missing_for_submission() == []
    factories.make_adoption(p, "counted")
    assert Practice.objects.with_adoptions().get(pk=p.pk).adoptions_count == 1
