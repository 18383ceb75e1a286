"""The readers' stylesheet as it is collected."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile

from portal.statics import StaticStorage, lean


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("/* felt */\na { color: red; }\n", "a{color:red}"),
        ("a,\nb > c { margin: 0 auto; padding: .5rem }", "a,b>c{margin:0 auto;padding:.5rem}"),
        ("a :hover { top: calc(1px + 2px) }", "a :hover{top:calc(1px + 2px)}"),
        ("li:not(:last-child) a::after { content: \" (\" attr(href) \")\" }",
         "li:not(:last-child) a::after{content:\" (\" attr(href) \")\"}"),
        ("@media (min-width: 48em) and (max-width: 60em) {\n  p { font: 1rem/1.5 \"A B\", serif }\n}",
         "@media (min-width:48em) and (max-width:60em){p{font:1rem/1.5 \"A B\",serif}}"),
    ],
)  # fmt: skip
def test_stylesheet_says_the_same_in_fewer_bytes(written, served):
    assert lean(written) == served
    assert lean(served) == served


def test_stylesheet_keeps_every_rule():
    written = Path(finders.find("css/portal.css")).read_text(encoding="utf-8")
    served = lean(written)
    assert "/*" not in served
    assert served.count("{") == written.count("{")
    assert served.count("}") == written.count("}")
    assert len(served) < 0.95 * len(written)


def test_collected_stylesheet_is_lean_and_names_hashed_files(tmp_path):
    storage = StaticStorage(location=tmp_path, base_url="/static/")
    names = ["css/portal.css", "fonts/golos-text-600.woff2", "img/edge.svg"]
    for name in names:
        storage._save(name, ContentFile(Path(finders.find(name)).read_bytes()))
    made = dict.fromkeys(names)
    outcome = list(storage.post_process({name: (storage, name) for name in made}))
    assert not [result for _name, _hashed, result in outcome if isinstance(result, Exception)]
    [css] = (tmp_path / "css").glob("portal.*.css")
    text = css.read_text(encoding="utf-8")
    assert "/*" not in text
    assert f'url("../{storage.stored_name(names[1])}")' in text
    assert css.with_suffix(".css.br").exists()


@pytest.mark.parametrize(
    "feature",
    [":is(", ":where(", ":has(", "clamp(", " min(", " max(", "aspect-ratio", "inset:", "@layer",
     "@container", "@supports", "&"],
)  # fmt: skip
def test_stylesheet_needs_no_browser_newer_than_chrome_70(feature):
    """What newer browsers know beside it only adorns: outlines of focus, balance of headings."""
    assert feature not in lean(Path(finders.find("css/portal.css")).read_text(encoding="utf-8"))
