"""A checkpoint written from an image of the store, with its index, beside those that are in their place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from store.checkpoint import need_as_written, write_checkpoint
from store.columns import columns_signature
from store.disk import Disk
from store.image import Image
from store.index import NO_COLUMN, Index, SortedColumn, write_index
from store.paths import Paths, beside


def write_beside(disk: Disk, paths: Paths, image: Image) -> None:
    """Write checkpoint and index of an image beside the present ones, and sync them.

    Raises OSError, StoreNotUsable if the present checkpoint is damaged: it is not copied.
    """
    if image.checkpoint is not None:
        need_as_written(disk, paths.checkpoint, paths.index, image.checkpoint)
    tables = {table: partial(records_of, image, table) for table in image.tables()}
    places, fit = write_checkpoint(disk, beside(paths.checkpoint), image.header(), tables, columns_signature())
    write_index(disk, beside(paths.index), Index(places, _columns(image)), fit)


def records_of(image: Image, table: str) -> Iterator[tuple[int, bytes]]:
    """Yield every record of a table as (id, JSON), in the order of ids."""
    for identity in image.ids(table):
        record = image.get(table, identity)
        if record is not None:
            yield identity, record


def _columns(image: Image) -> dict[tuple[str, str], SortedColumn]:
    """Return the columns of everything stored: those of the last checkpoint, with what was written since.

    It costs what was written, and a copy of the columns.
    """
    gone: dict[tuple[str, str], list[tuple[int, int]]] = {}
    new: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for (table, identity), record in image.changed().items():
        before = image.checkpoint.get(table, identity) if image.checkpoint else None
        for line, pairs in ((before, gone), (record, new)):
            if line is not None:
                for name, key in image.keys_of(table, line):
                    pairs.setdefault((table, name), []).append((key, identity))
    columns = dict(image.index.columns) if image.index else {}
    for each in gone.keys() | new.keys():
        columns[each] = columns.get(each, NO_COLUMN).changed(gone.get(each, ()), new.get(each, ()))
    return columns
