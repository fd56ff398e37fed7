"""Steps written by hand: what is proved is a theorem, what is wrong is wrong at a point."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import lossproof as lp
from lossproof.checking import CheckedLine, Finding, check_steps, steps_in
from lossproof.cli import main
from lossproof.errors import DataError, ParseError, UnknownName
from lossproof.notation.boxes import columns
from lossproof.notation.inert import alpha_equal

BERNOULLI = """
given y[i] in {0,1}, p[i] in (0,1)
let L = prod(p[i]^y[i] * (1 - p[i])^(1 - y[i]), i, 1, n)

  -log(L)
= -sum(log(p[i]^y[i] * (1 - p[i])^(1 - y[i])), i, 1, n)          # logarithm of a product
= -sum(y[i]*log(p[i]) + (1 - y[i])*log(1 - p[i]), i, 1, n)
= sum(-y[i]*log(p[i]) - (1 - y[i])*log(1 - p[i]), i, 1, n)
"""

#: What is given, the two sides.
TRUE = [
    ("a > 0, b > 0", "log(a/b)", "log(a) - log(b)"),
    ("a > 0", "log(a^2)", "2*log(a)"),
    ("", "sqrt(a^2)", "abs(a)"),
    ("a >= 0", "sqrt(a^2)", "a"),
    ("", "exp(a + b)", "exp(a)*exp(b)"),
    ("", "(a + b)^2", "a^2 + 2*a*b + b^2"),
    ("", "-(a - b)", "b - a"),
    ("a != 0", "a/a", "1"),
    ("", "log(exp(a))", "a"),
    ("a > 0", "a^b*a^c", "a^(b + c)"),
    ("0 < p < 1", "diff(log(1 - p), p)", "-1/(1 - p)"),
    ("", "diff(sigmoid(z), z)", "sigmoid(z)*sigmoid(-z)"),
    ("", "diff(z^3, z)", "3*z^2"),
    ("s > 0", "diff(log(s) + a/(2*s^2), s)", "1/s - a/s^3"),
    ("", "sum(x[i] + a, i, 1, n)", "sum(x[i], i, 1, n) + n*a"),
    ("", "prod(exp(x[i]), i, 1, n)", "exp(sum(x[i], i, 1, n))"),
    ("x[i] > 0", "log(prod(x[i], i, 1, n))", "sum(log(x[i]), i, 1, n)"),
    ("", "diff(sum((y[i] - w*x[i])^2, i, 1, n), w)", "-2*sum((y[i] - w*x[i])*x[i], i, 1, n)"),
    (
        "j = 1..d",
        "diff(sum((y[i] - sum(w[k]*x[i,k], k, 1, d))^2, i, 1, n), w[j])",
        "-2*sum((y[i] - sum(w[k]*x[i,k], k, 1, d))*x[i,j], i, 1, n)",
    ),
    ("y in {0,1}", "-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z))", "softplus(z) - y*z"),
    ("l > 0, y in counts", "log(exp(-l)*l^y/y!)", "-l + y*log(l) - log(y!)"),
    (
        "s > 0",
        "-log(prod((2*pi*s^2)^(-1/2)*exp(-(y[i] - m)^2/(2*s^2)), i, 1, n))",
        "n/2*log(2*pi*s^2) + sum((y[i] - m)^2, i, 1, n)/(2*s^2)",
    ),
]

FALSE = [
    ("a > 0, b > 0", "log(a + b)", "log(a) + log(b)"),
    ("a > 0, b > 0", "log(a*b)", "log(a)*log(b)"),
    ("a > 0, b > 0", "log(a/b)", "log(a)/log(b)"),
    ("", "log(a*b)", "log(a) + log(b)"),
    ("", "log(a^2)", "2*log(a)"),
    ("", "sqrt(a^2)", "a"),
    ("", "exp(a + b)", "exp(a) + exp(b)"),
    ("", "(a + b)^2", "a^2 + b^2"),
    ("", "-(a - b)", "-a - b"),
    ("", "1/(a + b)", "1/a + 1/b"),
    ("", "a/a", "1"),
    ("", "exp(log(a))", "a"),
    ("0 < p < 1", "diff(log(1 - p), p)", "1/(1 - p)"),
    ("", "sum(x[i]*y[i], i, 1, n)", "sum(x[i], i, 1, n)*sum(y[i], i, 1, n)"),
    ("", "sum(x[i] + a, i, 1, n)", "sum(x[i], i, 1, n) + a"),
    ("", "prod(a*x[i], i, 1, n)", "a*prod(x[i], i, 1, n)"),
    ("", "log(prod(x[i], i, 1, n))", "sum(log(x[i]), i, 1, n)"),
    ("x[i] > 0", "log(sum(x[i], i, 1, n))", "sum(log(x[i]), i, 1, n)"),
    ("j = 1..d", "diff(sum(w[k]^2, k, 1, d), w[j])", "2*sum(w[k], k, 1, d)"),
    ("y in {0,1}", "-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z))", "softplus(z) + y*z"),
    ("0 < p < 1", "log(p)", "log(p) + 10^(-25)"),
    ("y in {0,1}, 0 < p < 1", "-y*log(p) - (1 - y)*log(1 - p)", "-y*log(p) - log(1 - p)"),
    ("y in {0,1}, 0 < p < 1", "y*log(p) + (1 - y)*log(1 - p)", "y*log(p) - (1 - y)*log(1 - p)"),
]

#: True or false, and beyond what is looked for.
OPEN = [
    ("", "sin(a)^2 + cos(a)^2", "1"),
    ("", "sum(i, i, 1, n)", "n*(n + 1)/2"),
    ("a in {0,1}", "a^2", "a"),
]


def checked(given: str, before: str, after: str) -> CheckedLine:
    text = f"given {given}\n{before}\n= {after}" if given else f"{before}\n= {after}"
    return check_steps(text).lines[1]


@pytest.mark.parametrize(("given", "before", "after"), TRUE)
def test_a_true_line_is_proved_by_a_theorem_about_its_two_sides(given: str, before: str, after: str) -> None:
    found = checked(given, before, after)
    assert found.finding is Finding.PROVED, found.detail
    assert found.derivation is not None
    theorem = lp.load(found.derivation.to_json()).theorem
    assert alpha_equal(theorem.right, found.line.expression)
    assert theorem.relation.carries is None


@pytest.mark.parametrize(("given", "before", "after"), FALSE)
def test_a_false_line_is_refuted_at_a_point(given: str, before: str, after: str) -> None:
    found = checked(given, before, after)
    assert found.finding is Finding.WRONG, found.detail
    assert found.witness is not None
    assert found.witness.left != found.witness.right or "though both begin with" in found.detail
    assert "=" in found.witness.point
    assert found.derivation is None


@pytest.mark.parametrize(("given", "before", "after"), OPEN)
def test_what_is_neither_is_said_to_be_open(given: str, before: str, after: str) -> None:
    found = checked(given, before, after)
    assert found.finding is Finding.OPEN
    assert "no proof found" in found.detail


def test_of_an_open_line_it_is_said_what_would_have_to_be_known() -> None:
    found = checked("", "sum(x[i]/y[i]*y[i], i, 1, n)", "sum(x[i], i, 1, n)")
    assert found.finding is not Finding.PROVED
    needs = checked("a > 0", "a^2/(a^2 - a + 1)*(a^2 - a + 1)", "a^2")
    assert needs.detail.endswith("algebra would prove it if it were known that a^2 - a + 1 in R without 0")


def test_a_whole_derivation_is_proved_line_by_line() -> None:
    found = check_steps(BERNOULLI)
    assert found.ok
    assert [line.line.number for line in found.lines] == [5, 6, 7, 8]
    assert found.lines[1].detail == "logarithm of a product"
    assert found.lines[1].line.reason == "logarithm of a product"
    assert found.verdict == "all 3 steps are proved"
    assert [str(h) for h in found.hypotheses] == [
        "n in {1, 2, 3, ...}",
        "p_i in (0, 1) for i = 1..n",
        "y_i in {0, 1} for i = 1..n",
    ]


def test_a_wrong_line_is_the_first_and_the_next_is_compared_with_it() -> None:
    found = check_steps("given a > 0 and b > 0\n log(a*b)\n = log(a) - log(b)  # sign\n = log(a/b)\n = log(a) + log(b)")
    assert [one.finding for one in found.lines[1:]] == [Finding.WRONG, Finding.PROVED, Finding.WRONG]
    assert found.verdict == "line 3 is wrong; so is 5"
    assert found.lines[1].line.reason == "sign"


def test_several_chains_and_several_sides_on_a_line() -> None:
    found = check_steps("a + a = 2*a = a*2\n\nb*(b + 1)\n= b^2 +\nb".replace("+\nb", "+ (\nb)"))
    assert [(one.line.number, str(one.finding)) for one in found.lines] == [
        (1, "begins"),
        (1, "proved"),
        (1, "proved"),
        (3, "begins"),
        (4, "proved"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a formula, and below it"),
        ("= 2*a", "a formula before the first '='"),
        ("log(a\n= 1", r"expected .*'\)'.*line 1"),
        ("a + * b", r"at character 5.*\(line 1\)"),
        ("a\n= b +", r"\(line 2\)"),
        ("a\n=", "a formula after '='"),
        ("w[j]\n= w[j]", "an index of a sum or product around it"),
        ("given p in (0,1), p > 2\np\n= p", "there is no such 'p'"),
        ("given p\np\n= p", "'in'"),
        ("given n in {0}\nsum(x[i], i, 1, n)\n= 1", "a positive integer"),
        ("let = 3\na", "a name, '=' and a formula"),
        ("y[i] + sum(y[i], i, 1, n)", "a name that is not an index elsewhere"),
        ("diff(a, 2)\n= 0", "a variable such as p"),
        ("sum(y[i], i, 1, n) + y", "an element such as y"),
        ("__import__('os')\n= 1", "a number, a name or a bracket"),
        ("a\n" + "= a\n" * 300, "at most 200 lines"),
        ("9^9^9^9^9\n= 1" + "+1" * 4000, "at most 5000 characters"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, says: str) -> None:
    with pytest.raises(ParseError, match=says):
        check_steps(text)


def test_what_is_given_of_a_mistyped_name_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'alpha'"):
        check_steps("given alhpa > 0\nlog(alpha)\n= log(alpha)")


def test_large_numbers_are_open_or_judged_but_never_hang() -> None:
    found = check_steps("9^9^9^9^9\n= 9^9^9^9^9 + 1").lines[1]
    assert found.finding is not Finding.PROVED


# ------------------------------------------------------------------ how it is said


@pytest.mark.parametrize("style", ["plain", "drawn", "ascii"])
@pytest.mark.parametrize("width", [80, 45])
def test_what_is_said_is_never_wider_than_asked(style: str, width: int) -> None:
    found = check_steps(BERNOULLI.replace("= sum(-y", "= sum(y"))
    text = found.text(width, style, colour=True)  # type: ignore[arg-type]
    bare = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert max(map(columns, bare.splitlines())) <= width
    assert "\x1b[32mproved" in text
    assert "\x1b[1;31mwrong" in text
    assert bare == found.text(width, style)  # type: ignore[arg-type]


def test_verify_checks_a_text_or_the_docstring_of_a_python_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, python = tmp_path / "steps.txt", tmp_path / "my_steps.py"
    text.write_text(BERNOULLI, encoding="utf-8")
    assert main(["verify", str(text)]) == 0
    assert "all 3 steps are proved" in capsys.readouterr().out
    python.write_text(f'# mine\n"""{BERNOULLI}= 0\n"""\nraise SystemExit(5)\n', encoding="utf-8")
    assert main(["verify", str(python), "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [line["finding"] for line in said["lines"]] == ["begins", "proved", "proved", "proved", "wrong"]
    assert said["lines"][4]["line"] == 10
    assert said["lines"][4]["witness"]["right"] == "0"
    assert lp.load(json.dumps(said["lines"][1]["derivation"])).theorem.relation.carries is None


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.txt", None, "No such file"),
        ("odd.txt", b"\xff\xfe", "not text in UTF-8"),
        ("model.py", b"import os\n", "does not begin with steps in triple quotes"),
        ("broken.py", b"def (", "it is not Python"),
    ],
)
def test_files_without_steps_are_refused(name: str, content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        steps_in(tmp_path / name)


def test_options_of_other_judges_do_not_go_with_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("a\n= a\n", encoding="utf-8")
    assert main(["verify", str(tmp_path / "a.txt"), "--referee", "coq"]) == 2
    assert "the other options do not" in capsys.readouterr().err
