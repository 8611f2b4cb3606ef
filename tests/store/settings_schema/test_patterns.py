from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.settings_schema import check_schema, check_settings, parse_schema
from store.settings_schema.pattern_syntax import PatternSyntaxError
from store.settings_schema.patterns import PatternRunner, PatternTooSlowError, compile_pattern, sample_texts

WITHOUT_END = '[{"type": "string", "key": "%s", "pattern": "^(a|a)*b?$"%s}]'
LONG = "a" * 60 + "!"


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("a", ["bab"], ["b"]),
        ("^a$", ["a"], ["a\n", "ab"]),
        (r"^\d{2,3}$", ["12", "123"], ["1", "1234", "١٢"]),
        (r"^\w+$", ["a_9"], ["é", "a b", ""]),
        (r"^[^\W\d]$", ["a", "_"], ["1", "-"]),
        (r"^\s$", [" ", "\u00a0", "\ufeff"], ["a"]),
        (r"^\p{Lu}\P{Lu}$", ["Éé"], ["éÉ"]),
        ("^.$", ["é", "\x85"], ["\n", "\r", "\u2028"]),
        (r"^\u00e9\x41\u{1F600}$", ["éA😀"], ["eA😀"]),
        (r"^(?<x>a|b)\k<x>\1$", ["aaa", "bbb"], ["aba"]),
        (r"^(?:(a)|b)\1$", ["aa", "b"], ["a"]),
        ("^(?=.{3})(?!x)a", ["abc"], ["ab", "xab"]),
        ("(?<=a)b(?<!c)", ["ab"], ["cb"]),
        (r"\bcat\b", ["a cat"], ["cats"]),
        (r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$", ["a.b@c.de"], ["a@b"]),
        ("^[a-z[&&{e<=1}]$", ["[", "&"], []),
        (r"^\/\-\.\{\}$", ["/-.{}"], ["/"]),
        ("^(?:ab?)*?$", ["aab"], ["b"]),
        ("^a??b{2}$", ["bb"], ["b"]),
        ("[]", [], ["a", ""]),
        ("^[^]$", ["\n"], [""]),
        ("", ["", "x"], []),
    ],
)
def test_patterns_mean_what_ecma_262_says(pattern: str, fits: list[str], fails: list[str]) -> None:
    runner = PatternRunner()
    assert [text for text in fits if not runner.fits(pattern, text)] == []
    assert [text for text in fails if runner.fits(pattern, text)] == []


@given(st.text(alphabet="ab()[]{}^$.|*+?\\-,0123:=!<>kpPLudwsx_", max_size=24))
def test_any_text_is_a_pattern_that_runs_or_is_refused_with_a_place(text: str) -> None:
    try:
        compile_pattern(text)
    except PatternSyntaxError as error:
        assert 0 <= error.offset <= len(text)  # noqa: PT017 - both endings are right
    else:
        sample_texts(text, 5)


@pytest.mark.parametrize("pattern", ["(" * 500 + ")" * 500, "a" * 1001, "(?:" * 15 + "a" + "{9})" * 15])
def test_a_pattern_that_is_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["^(a|a)*b?$", "^(a|aa)+$", "(x+x+)+y|^(a?){1000}!!"])
def test_a_pattern_without_end_is_stopped(pattern: str) -> None:
    with pytest.raises(PatternTooSlowError):
        PatternRunner().fits(pattern, "a" * 3000 + "x" * 3000)


def test_the_patterns_of_one_check_share_one_time_limit() -> None:
    runner = PatternRunner(check_seconds=0.02)
    with pytest.raises(PatternTooSlowError):
        runner.fits("^(a|a)*b?$", LONG)
    assert runner.left_seconds <= 0
    with pytest.raises(PatternTooSlowError):
        runner.fits("a", "a")


def test_a_default_on_which_the_pattern_has_no_end_is_a_problem_of_the_schema() -> None:
    _, (problem,) = check_schema(WITHOUT_END % ("a", f', "default": "{LONG}"'))
    assert (problem.pointer, problem.line, problem.column) == ("/0/default", 1, 69)
    assert "takes too long" in problem.message


def test_a_setting_on_which_the_pattern_has_no_end_is_a_problem_of_the_settings() -> None:
    schema = parse_schema(WITHOUT_END % ("a", ""))
    (problem,) = check_settings(schema, {"a": LONG})
    assert problem.pointer == "/a"
    assert "takes too long" in problem.message
    assert LONG not in problem.message


def test_other_threads_run_while_a_pattern_does() -> None:
    def search() -> None:
        with pytest.raises(PatternTooSlowError):
            PatternRunner(search_seconds=0.3).fits("^(a|a)*b?$", LONG)

    thread = threading.Thread(target=search)
    thread.start()
    rounds = 0
    while thread.is_alive():
        rounds += 1
    thread.join()
    assert rounds > 1_000


def test_two_hundred_patterns_without_end_are_all_told() -> None:
    fields = ", ".join((WITHOUT_END % (f"k{number}", ""))[1:-1] for number in range(200))
    schema = parse_schema(f"[{fields}]")
    assert len(check_settings(schema, dict.fromkeys(schema.keys, LONG))) == 200


@pytest.mark.parametrize(
    "pattern",
    [
        "^sk_(live|test)_[A-Za-z0-9]{24}$",
        "^[A-Z]{3}[0-9]*$",
        r"^\p{L}+$",
        r"^(\d)-\1$",
        "^https://",
        "[^a-z]$",
        "a{5,}",
    ],
)
@pytest.mark.parametrize("least", [0, 5, 40])
def test_a_sample_fits_its_pattern(pattern: str, least: int) -> None:
    assert any(compile_pattern(pattern).search(text) for text in sample_texts(pattern, least))


@pytest.mark.parametrize(
    "pattern", ["(?:" + "a" * 900 + "){100000}", "(aaaaaaaaaa)" + "".join(rf"(\{n}\{n})" for n in range(1, 60))]
)
def test_a_pattern_that_asks_for_an_endless_text_has_no_sample(pattern: str) -> None:
    assert sample_texts(pattern, 0) == []
