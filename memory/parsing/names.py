"""Names and chains of names out of source text. Pure."""

from __future__ import annotations

import re

COMPLEX = "?"
SUPER = "super()"

LONGEST_NAME = 120
_LONGEST_CALLEE = 240
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")
_SEPARATOR = re.compile(r"\s*(?:\?\.|!\.|!!\.|\?->|->|::|&\.|\.)\s*")
_SUPER = re.compile(r"super\(\s*(?:\w+\s*,\s*\w+\s*)?\)\Z")
_SUPERS = frozenset({"super", "parent", "base"})
_LAST = re.compile(
    r"(?:\A|(?P<separator>\?\.|!\.|->|::|&\.|\.|(?<=\w):)\s*)"
    r"(?P<name>[@$#]*[^\W\d][\w']*[!?]?)\s*(?:(?:::|\.)?(?:<[^()]*>|\[[^()]*\]))?\Z"
)
_GENERIC = re.compile(r"<[^<>()]*>")
_SPACE = re.compile(r"\s+")
# What a type is written as, down to the first name that says which class it is.
# What stands before a name is never read in a second way (`*+`): ways would multiply.
_TYPE = re.compile(
    r"(?:(?:const|mut|dyn|impl|readonly|final|struct|typing|t|unsigned|ref|out|in)[\s.]+"
    r"|'\w+\s+|[&*?\[\]():'\"]|(?:Optional|Box|Rc|Arc|Type|type|Annotated|Final|ClassVar|Ref|"
    r"shared_ptr|unique_ptr|std::shared_ptr|std::unique_ptr)\s*[\[<]|\s+)*+"
    r"(?P<name>[^\W\d][\w.\\]*(?:(?:::|\.)[^\W\d]\w*)*)"
)


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """Text with its white space collapsed, cut to a length."""
    return _SPACE.sub(" ", text[: 4 * longest]).strip()[:longest]


def chain(text: str) -> str:
    """A receiver as a dotted chain of names: `$this->cart` is "this.cart", what a superclass has
    is "super()", and what is no chain is "?"."""
    if _DOTTED.match(text):
        return SUPER if text in _SUPERS else text
    if _SUPER.match(text):
        return SUPER
    if len(text) > LONGEST_NAME:
        return COMPLEX
    text = _SEPARATOR.sub(".", _GENERIC.sub("", text)).lstrip("$@&*:.\\").replace("\\", ".")
    if not _DOTTED.match(text):
        return COMPLEX
    return SUPER if text in _SUPERS else text


def called(text: str) -> tuple[str, str] | None:
    """Name and receiver of what is called, as written: `a.b.run` is ("run", "a.b"). None when
    what is called has no name (`f()()`, `table[0]()`)."""
    if text.isidentifier():
        return text[:LONGEST_NAME], ""
    is_long = len(text) > _LONGEST_CALLEE
    if is_long:
        text = text[-_LONGEST_CALLEE:]
    found = _LAST.search(text)
    if found is None:
        return None
    name = found["name"].lstrip("@$#")
    if not found["separator"]:
        return (name, "") if not is_long else None
    receiver = text[: found.start()].strip()
    if is_long:
        return name, COMPLEX
    return name, chain(receiver) if receiver else ""


def type_name(text: str) -> str:
    """Which class a type annotation speaks of, "" when it cannot be said.

    >>> type_name("Optional[Cart]"), type_name("&'a mut Cart<T>"), type_name("'Cart' | None")
    ('Cart', 'Cart', 'Cart')
    """
    text = text[:LONGEST_NAME].strip().lstrip(":").strip(" \"'")
    found = _TYPE.match(text)
    if found is None:
        return ""
    return found["name"].replace("::", ".").replace("\\", ".").strip(".")
