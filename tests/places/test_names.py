import pytest

from places.models import Municipality
from places.names import PlaceIndex, fold
from tests import factories


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Ош шаары", "ош"),
        ("город  Ош", "ош"),
        ("г. Ош", "ош"),
        ("Ысык-Көл облусу", "ысык-кол"),
        ("Иссык-Кульская область", "иссык-кульская"),
        ("Кең-Жылга айыл аймагы", "кен-жылга"),
        ("айылный аймак Кен-Жылга", "кен-жылга"),
        ("«Ак-Суу»\xa0а/а", "ак-суу а а"),
        ("Ѳзгѳн", "озгон"),
        # a Latin letter among Cyrillic ones
        ("Кaра-Балта", "кара-балта"),
        # nothing but words of kind: then they are the name
        ("район", "район"),
        ("", ""),
    ],
)
def test_fold(name, folded):
    assert fold(name) == folded


@pytest.fixture
def index(db):
    return PlaceIndex()


@pytest.mark.parametrize(
    ("text", "oblast"),
    [
        ("Джалал-Абад", "Жалал-Абад облусу"),
        ("джалал-абадская область", "Жалал-Абад облусу"),
        ("Жалал-Абад облусу", "Жалал-Абад облусу"),
        ("Иссык-Куль", "Ысык-Көл облусу"),
        ("ысык-кол", "Ысык-Көл облусу"),
        ("Иссык-Кульская обл.", "Ысык-Көл облусу"),
        ("Чуй", "Чүй облусу"),
        ("Чуйская", "Чүй облусу"),
        ("Ош", "Ош облусу"),
        ("Ошская область", "Ош облусу"),
        ("Ош облусу", "Ош облусу"),
        ("Ош шаары", "Ош шаары"),
        ("г. Ош", "Ош шаары"),
        ("Бишкек", "Бишкек шаары"),
        ("41702000000000", "Ысык-Көл облусу"),
    ],
)
def test_oblast_by_the_names_people_use(index, text, oblast):
    assert index.oblast(text).name_ky == oblast


@pytest.mark.parametrize("text", ["", "Кыргызстан", "область", "4170200000000"])
def test_unknown_oblast(index, text):
    assert index.oblast(text) is None


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("Каракол", "Каракол шаары"),
        ("Кара-Көл", "Кара-Көл шаары"),
        ("Кара-Кол", "Кара-Көл шаары"),
        ("город Кара-Куль", "Кара-Көл шаары"),
        ("Пржевальск", "Каракол шаары"),
        ("г. Каракол", "Каракол шаары"),
        ("Исфана", "Раззаков шаары"),
        ("город Джалал-Абад", "Манас шаары"),
        ("Манас ш.", "Манас шаары"),
        ("Кызыл-Кия", "Кызыл-Кыя шаары"),
        ("Кызыл Кыя", "Кызыл-Кыя шаары"),
        ("чолпон  ата", "Чолпон-Ата шаары"),
        ("Узген", "Өзгөн шаары"),
        ("мэрия города Ош", "Ош шаары"),
        ("41711000000000", "Бишкек шаары"),
    ],
)
def test_town_by_the_names_people_use(index, text, town):
    found, wrong = index.find(text)
    assert (found and found.name_ky, wrong) == (town, "")


def test_two_of_one_name_are_never_guessed_between(db):
    naryn, batken = factories.oblast("Нарын облусу"), factories.oblast("Баткен облусу")
    one = factories.make_municipality(
        name_ky="Ак-Талаа айыл аймагы", district=naryn.districts.first()
    )
    two = factories.make_municipality(
        name_ky="Ак-Талаа айыл аймагы", district=batken.districts.first()
    )
    index = PlaceIndex()
    assert index.find("Ак-Талаа") == (None, "ambiguous")
    assert index.find("Ак-Талаа", naryn) == (one, "")
    assert index.find("Ак-Талаа", batken) == (two, "")
    assert index.find("Ак-Талаа", factories.oblast("Талас облусу")) == (None, "unknown")


def test_kind_said_in_the_text_must_be_true(db):
    aimak = factories.make_municipality(
        name_ky="Каракол айыл аймагы", name_ru="айылный аймак Каракол"
    )
    index = PlaceIndex()
    assert index.find("Каракол шаары")[0].kind == Municipality.Kind.TOWN
    assert index.find("Каракол айыл өкмөтү")[0] == aimak
    assert index.find("Каракол") == (None, "ambiguous")
    # there is a town of the name, but no айыл аймак
    assert index.find("Токмок айыл аймагы") == (None, "unknown")


def test_unit_of_the_year_is_meant(db):
    from datetime import date

    district = factories.oblast("Талас облусу").districts.first()
    old = factories.make_municipality(
        name_ky="Эски-Сай айыл аймагы", district=district, valid_to=date(2024, 5, 1)
    )
    new = factories.make_municipality(
        name_ky="Эски-Сай айыл аймагы", district=district, valid_from=date(2024, 5, 1)
    )
    new.predecessors.add(old)
    index = PlaceIndex()
    assert index.find("Эски-Сай") == (new, "")
    assert index.find("Эски-Сай", year=2019) == (old, "")
    assert index.find("Эски-Сай", year=2025) == (new, "")


def test_slip_of_the_finger_is_read_and_another_name_is_not(db):
    place = factories.make_municipality(
        name_ky="Кең-Жылга айыл аймагы", name_ru="айылный аймак Кен-Жылга"
    )
    factories.make_municipality(name_ky="Ак-Булакча айыл аймагы", name_ru="Ак-Булакча")
    index = PlaceIndex()
    assert index.slip_of("Кенг-Жылга") == place
    # a real place nearby that the register does not have is no slip
    assert index.slip_of("Ак-Булун") is None
    assert index.slip_of("Кең-Жылга", factories.oblast("Талас облусу")) in (None, place)
    assert index.nearest("Кен-Жилга")[0] == place
    assert index.nearest("Вашингтон") == []


def test_slip_that_fits_two_places_is_not_read(db):
    factories.make_municipality(name_ky="Узун-Кашатта айыл аймагы", name_ru="")
    factories.make_municipality(name_ky="Узун-Кашатту айыл аймагы", name_ru="")
    index = PlaceIndex()
    assert index.slip_of("Узун-Кашатты") is None
    assert len(index.nearest("Узун-Кашатты")) == 2
