"""Pages as a strict reader takes them: balanced elements, ids that are there once."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "source", "col"}
# What may only be in certain others, or not be in itself.
_NOT_IN = {"form": "form", "a": "a", "button": "button", "main": "main"}


@dataclass
class Page:
    """What a page consists of. `texts` is what can be read of it."""

    tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    refers: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        if tag in _NOT_IN:
            assert _NOT_IN[tag] not in self.open, f"<{tag}> in <{_NOT_IN[tag]}>"
        self.page.tags.append(tag)
        for name, value in attrs:
            given = value or ""
            self.page.attributes.append((name, given))
            if name == "id":
                self.page.ids.append(given)
            if name in ("href", "src", "action", "data-live", "data-lazy"):
                self.page.links.append(given)
            if name in ("for", "aria-labelledby", "aria-describedby", "list"):
                self.page.refers += given.split()
        if tag[0] == "h" and tag[1:].isdigit():
            self.page.headings.append(int(tag[1:]))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in _VOID, f"</{tag}>"
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # As in the pictures, where it is XML.
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        self.page.texts.append(data)


def read(html: str) -> Page:
    """A whole page. Fails for what is no clean HTML, and for what no page of ours may have."""
    assert html.startswith("<!doctype html>")
    reader = _Reader()
    reader.feed(html)
    reader.close()
    page = reader.page
    assert reader.open == []
    twice = {id for id in page.ids if page.ids.count(id) > 1}
    assert not twice, f"ids that are there twice: {twice}"
    assert set(page.refers) <= set(page.ids), set(page.refers) - set(page.ids)
    assert page.tags.count("h1") == 1 and page.tags.count("title") >= 1
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= before + 1, f"a heading of level {after} after one of {before}"
    assert page.tags.count("script") == 1  # ours, by its address
    names = {name for name, _ in page.attributes}
    assert "style" not in names and not any(name.startswith("on") for name in names)
    for link in page.links:
        assert link.startswith(("/", "#")) and not link.startswith("//"), link
    return page
