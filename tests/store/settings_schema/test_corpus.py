"""The corpus: good documents that are taken, and bad ones with every problem item that they must have.

An expected file has one line for each problem item: `line:column "pointer" message`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.errors import ProblemItem, Problems
from store.settings_schema import check_schema, check_static, parse_schema, read_settings

CORPUS = Path(__file__).parent / "corpus"
GOOD = sorted(CORPUS.glob("*/good/*.json"))
BAD = sorted(CORPUS.glob("*/bad/*.json"))


def name(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.stem}"


def problems_of(path: Path) -> tuple[ProblemItem, ...]:
    text = path.read_bytes().decode()
    match path.parent.parent.name:
        case "static":
            return check_static(text, None)[1]
        case "settings":
            try:
                read_settings(text, parse_schema((CORPUS / "settings" / "schema.json").read_text(encoding="utf-8")))
            except Problems as problems:
                return problems.items
            return ()
        case _:
            return check_schema(text)[1]


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_a_good_document_is_taken(path: Path) -> None:
    assert problems_of(path) == ()


@pytest.mark.parametrize("path", BAD, ids=name)
def test_a_bad_document_has_exactly_the_expected_problem_items(path: Path) -> None:
    items = problems_of(path)
    told = [
        f"{item.line}:{item.column} {json.dumps(item.pointer, ensure_ascii=False)} {item.message}" for item in items
    ]
    expected = path.parent.parent / "expected" / f"{path.stem}.txt"
    assert told == expected.read_text(encoding="utf-8").splitlines()
    assert told


@pytest.mark.parametrize("path", BAD, ids=name)
def test_no_problem_item_quotes_a_secret_of_the_corpus(path: Path) -> None:
    assert not any("sk_live_secret" in f"{item.message} {item.pointer}" for item in problems_of(path))


def test_every_expected_file_belongs_to_a_bad_document() -> None:
    assert {path.stem for path in BAD} == {path.stem for path in CORPUS.glob("*/expected/*.txt")}
