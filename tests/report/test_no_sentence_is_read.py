"""No code reads a sentence to find out what is meant: words are made last, from codes and numbers.

What is looked for are texts that are searched for words, or cut at words or at signs that part them. A text that comes
from outside may be read; the code that does stands in `ALLOWED` with what it reads.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "metaan"
FOLDERS = ("report", "comparison", "synthesis", "workflows")
CUTS = {
    "partition", "rpartition", "split", "rsplit", "startswith", "endswith", "removeprefix", "removesuffix", "find",
    "rfind", "index", "rindex", "replace",
}  # fmt: skip
SEARCHES = {"search", "match", "fullmatch", "findall", "finditer", "split", "compile"}
#: In a literal: a word, or a sign that parts words. What is left are the signs and digits of numbers.
WORD = re.compile(r"[^\W\d_]{2}|[(|:;\[]")
#: What a name must be for one word in it to be a search: that it is a text, and no set of codes.
TEXT = re.compile(r"(?:text|warning|sentence|title|label|reason|message|said|note|heading|word|line|why)s?$")
#: What of a regular expression is no word: classes, and the signs after a backslash or a bracket.
SIGNS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]|\(\?(?:P<\w+>|[:!=]|<[=!])")

#: What is read there: a text from outside, or no text.
ALLOWED = {
    "'living' in review.info.title.casefold()": "a title that authors wrote",
    "text.index(':root {')": "the stylesheet",
    "number.startswith('NCT')": "a number of a registration",
    "term.split(' OR ')": "a query to a service",
    "answer.url.endswith('efetch.fcgi')": "the address of a service",
    "name.partition(':')": "a database and a number in a stored name",
    "'itself a notice' not in severities": "a set of codes",
    "text.partition(':')": "what a person typed",
    "'not a git repository' in err": "what git says",
    "line.strip().partition(': ')": "the heading of a column, which a person keeps",
    "rest.partition(' | ')": "the heading of a column, which a person keeps",
    "'holds' in said": "a mapping of codes",
    "text.startswith('[')": "what a person typed into a cell",
}
#: Files whose regular expressions have words, and what they read.
PATTERNS = {
    "standalone.py": "the stylesheet", "citations.py": "names and markup of records", "git.py": "names of files",
    "template_errors.py": "what Jinja says", "release.py": "a changelog that people write",
    "design_guess.py": "titles and abstracts",
}  # fmt: skip


def read(source: str) -> Iterator[str]:
    """Yield code that reads a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and _searches(node):
            yield ast.unparse(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = node.func.value
            if isinstance(module, ast.Name) and module.id == "re":
                yield from ([ast.unparse(node)] if node.func.attr in SEARCHES and _words(node.args[0]) else [])
            elif node.func.attr in CUTS and node.args and _literal(node.args[0]) and not _path(module):
                yield ast.unparse(node)


def _searches(node: ast.Compare) -> bool:
    """Whether a comparison asks for words in a text: for several, or for one in what is named a text."""
    asked, where = node.left, node.comparators[0]
    if not isinstance(node.ops[0], ast.In | ast.NotIn) or isinstance(where, ast.Tuple | ast.List | ast.Set | ast.Dict):
        return False
    if isinstance(where, ast.Call) and isinstance(where.func, ast.Attribute):
        where = where.func.value if where.func.attr in ("casefold", "lower", "strip") else where
    name = where.attr if isinstance(where, ast.Attribute) else where.id if isinstance(where, ast.Name) else ""
    return _literal(asked) and bool(" " in asked.value or TEXT.search(name))


def _literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.search(node.value) is not None


def _words(node: ast.expr) -> bool:
    """Whether a regular expression asks for words, once what is no word is taken out of its parts."""
    parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any(re.search(r"[^\W\d_]{2}", SIGNS.sub(" ", part)) for part in parts)


def _path(node: ast.expr) -> bool:
    """Whether an order of parts is asked for the place of one; `index` is no search in a text there."""
    return isinstance(node, ast.Attribute) and node.attr == "order"


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """Code that reads a text, with the file where it stands."""
    files = (path for folder in FOLDERS for path in sorted((PACKAGE / folder).rglob("*.py")))
    return {code: path.name for path in files for code in read(path.read_text(encoding="utf-8"))}


def test_no_sentence_is_read_for_what_it_means(found: dict[str, str]) -> None:
    known = {code for code, file in found.items() if code in ALLOWED or (code.startswith("re.") and file in PATTERNS)}
    assert {code: file for code, file in found.items() if code not in known} == {}


def test_what_may_be_read_is_still_there(found: dict[str, str]) -> None:
    assert set(ALLOWED) <= set(found)
    assert set(PATTERNS) <= {file for code, file in found.items() if code.startswith("re.")}


@pytest.mark.parametrize(
    "code",
    [
        "'kept apart' in warning",
        "'apart' in one.text",
        "'random' not in sentence.casefold()",
        "said.partition('(')[2]",
        "heading.rpartition('|')",
        "(study.now or '').partition(':')[0]",
        "where.removeprefix('In ')",
        "plot.axis_title.replace(', log scale', '')",
        "title.split(': ')[0]",
        "re.search(r'<title[^>]*>([^<]*)<', svg)",
    ],
)
def test_a_sentence_that_is_read_is_found(code: str) -> None:
    assert list(read(code))


@pytest.mark.parametrize(
    "code", ["'random' in plan.model", "'n1i' in row.data", "text.replace('0.', '.')", "kind in ('a b', 'c')"]
)
def test_codes_and_digits_are_not_taken_for_sentences(code: str) -> None:
    assert list(read(code)) == []
