"""The doubles of others: what cannot be tried is said with its reason, and what fails is counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop import __main__ as interop
from tests.interop import mastodon, other


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["interop", *words])
    return interop.main()


def test_without_the_double_it_says_what_is_skipped_and_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(other, "PYTHON", tmp_path / "python")
    assert run(monkeypatch, "--only", "mastodon") == 0
    said = capsys.readouterr().out
    assert "mastodon against mastodon-mock" in said
    assert "SKIPPED: mastodon_mock is not installed" in said


def test_what_fails_is_said_and_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def it_is_so() -> None:
        pass

    def it_is_not() -> None:
        raise AssertionError("seen otherwise")

    def nobody_can_tell() -> None:
        raise other.Skipped("not there")

    @contextmanager
    def checks() -> Iterator[list[Callable[[], None]]]:
        yield [it_is_not, nobody_can_tell, it_is_so]

    monkeypatch.setattr(mastodon, "checks", checks)
    assert run(monkeypatch, "--only", "mastodon") == 1
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["FAILED", "skipped", "holds", "1"]
    assert "seen otherwise" in said.err


def test_a_program_that_does_not_start_is_skipped_with_its_last_words(tmp_path: Path, unused_port: int) -> None:
    words = ["sh", "-c", "echo no such module; exit 1"]
    with pytest.raises(other.Skipped, match="no such module"), other.program(words, unused_port, tmp_path / "log"):
        pytest.fail("it ran")
