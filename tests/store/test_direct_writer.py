"""Writes past the system's cache: the file holds what was written, whoever reads it and whoever else writes it."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from store.direct_writer import BLOCK_BYTES, STAGED_BYTES
from store.disk import RealDisk, RealFile

ROOM_BYTES = 40 * BLOCK_BYTES


@pytest.fixture
def file(tmp_path: Path) -> RealFile:
    path = tmp_path / "file"
    path.write_bytes(bytes(ROOM_BYTES))
    return RealDisk().open(path)  # type: ignore[return-value]  # the real disk's files are real


def test_what_is_written_stands_there_with_zeros_behind_it_whatever_its_size_and_place(file: RealFile) -> None:
    random = Random(20260302)  # noqa: S311 - chooses sizes, keeps no secret
    sizes = [1, BLOCK_BYTES - 1, 1, BLOCK_BYTES, BLOCK_BYTES + 1, *(random.randint(1, 3_000) for _ in range(50))]
    written = b""
    for number, size in enumerate(sizes):
        content = bytes([number % 255 + 1]) * size
        file.fill(content, len(written))
        written += content
        assert file.pread(ROOM_BYTES, 0).rstrip(b"\0") == written
    file.sync()
    assert file.size() == ROOM_BYTES
    file.close()


def test_a_second_writer_takes_over_what_the_first_has_written_and_the_other_way_round(
    file: RealFile, tmp_path: Path
) -> None:
    """Each keeps the last block that it wrote in memory: what has come into it since must not be lost."""
    other = RealDisk().open(tmp_path / "file")
    written = b""
    for number in range(40):
        content = b"%d," % number * 70
        (file, other)[number % 3 == 0].fill(content, len(written))
        written += content
    assert file.pread(len(written) + 1, 0) == other.pread(len(written) + 1, 0) == written + b"\0"


def test_what_is_larger_than_what_is_staged_is_written_all_the_same(file: RealFile) -> None:
    content = b"x" * (STAGED_BYTES + 5)
    file.fill(b"begin", 0)
    file.fill(content, 5)
    file.fill(b"end", 5 + len(content))
    assert file.pread(2 * STAGED_BYTES, 0).rstrip(b"\0") == b"begin" + content + b"end"


@pytest.mark.parametrize("fails", ["open", "write"])
def test_where_there_are_no_such_writes_they_go_through_the_cache(
    file: RealFile, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    write = os.pwrite

    def refuse_past_the_cache(descriptor: int, content: bytes, offset: int) -> int:
        return refuse() if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT else write(descriptor, content, offset)

    with monkeypatch.context() as patched:
        if fails == "open":
            patched.setattr("store.direct_writer.os.open", refuse)
        else:
            patched.setattr("store.direct_writer.os.pwrite", refuse_past_the_cache)
        file.fill(b"one", 0)
    file.fill(b"two", 3)
    file.sync()
    assert file.pread(7, 0) == b"onetwo\0"


def test_an_error_of_the_disk_is_told_and_what_is_written_next_is_whole(
    file: RealFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    file.fill(b"before,", 0)
    with monkeypatch.context() as patched:
        patched.setattr("store.direct_writer.os.pwrite", broken)
        with pytest.raises(OSError, match="Input/output error"):
            file.fill(b"lost", 7)
    file.fill(b"after", 7)
    assert file.pread(13, 0) == b"before,after\0"


def test_a_write_that_the_system_makes_in_parts_is_finished(file: RealFile, monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[[int, memoryview, int], int] = os.pwrite
    monkeypatch.setattr(
        "store.direct_writer.os.pwrite",
        lambda descriptor, content, offset: write(descriptor, content[:BLOCK_BYTES], offset),
    )
    content = b"0123456789" * 1_500
    file.fill(content, 0)
    assert file.pread(len(content) + 1, 0) == content + b"\0"
