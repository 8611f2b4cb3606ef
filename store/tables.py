"""TinyDB's table on our records: everything that a stock table can do, at the cost of the documents that it touches.

A table of a view reads. A table of a transaction also writes: what its operations change is put into the transaction
when the operation is done, and not at all if it raises. Documents are copies; none aliases the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Protocol, cast

import msgspec
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table


class Documents(Protocol):
    """Where a table's documents are: one kind of record of a view or of a transaction."""

    def ids(self) -> Iterable[int]:
        """Return the ids in rising order."""

    def line(self, identity: int) -> bytes | None:
        """Return a document's JSON, None if there is none of this id."""

    def count(self) -> int:
        """Return how many documents there are."""

    def candidates(self, query: object) -> Iterable[int]:
        """Return the ids, in rising order, among which all that fit a query are."""

    def next_id(self) -> int:
        """Return an id that no document has had. Raises PermissionError outside a transaction."""

    def write(self, changed: Mapping[int, dict[str, Any] | None]) -> None:
        """Write documents (None: remove). Raises PermissionError outside a transaction, ValueError for a bad one."""


class NoStorage(Storage):
    """The storage that TinyDB asks for and that these tables never use."""

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Refuse: the tables read the store's own documents."""
        raise PermissionError("The store's tables are read through the store, never through a TinyDB storage.")

    def write(self, data: dict[str, dict[str, Any]]) -> None:  # noqa: ARG002 - TinyDB's signature; all is refused
        """Refuse: the tables write into a transaction."""
        raise PermissionError("The store is written in a transaction, never through a TinyDB storage.")


class RecordTable(Table):
    """TinyDB's table on one kind of record. Its query cache, which would alias documents, is off."""

    def __init__(self, documents: Documents, name: str) -> None:
        super().__init__(NoStorage(), name, cache_size=0)
        self._documents = documents

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that fit a query, found by an index where it asks for an indexed field."""
        found = ((each, self._decoded(each)) for each in self._documents.candidates(cond))
        return [Document(document, each) for each, document in found if document is not None and cond(document)]

    def get(  # type: ignore[override]  # TinyDB's overloads say the same
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: list[int] | None = None
    ) -> Document | list[Document] | None:
        """Return one document by a query or its id, or several by their ids; None if there is none."""
        if doc_id is not None:
            document = self._decoded(doc_id)
            return None if document is None else Document(document, doc_id)
        if doc_ids is not None:
            found = ((each, self._decoded(each)) for each in sorted(set(doc_ids)))
            return [Document(document, each) for each, document in found if document is not None]
        if cond is not None:
            for each in self._documents.candidates(cond):
                document = self._decoded(each)
                if document is not None and cond(document):
                    return Document(document, each)
            return None
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def update(
        self,
        fields: Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Update the documents that fit, found by an index where there is one; return their ids."""
        return super().update(fields, None, self._fitting(cond) if doc_ids is None and cond is not None else doc_ids)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Remove the documents that fit, found by an index where there is one; return their ids."""
        return super().remove(None, self._fitting(cond) if doc_ids is None and cond is not None else doc_ids)

    def _fitting(self, cond: QueryLike) -> list[int]:
        return [each.doc_id for each in self.search(cond)]

    def __len__(self) -> int:
        return self._documents.count()

    def __iter__(self) -> Iterator[Document]:
        for each in self._documents.ids():
            document = self._decoded(each)
            if document is not None:
                yield Document(document, each)

    def _decoded(self, identity: int) -> dict[str, Any] | None:
        line = self._documents.line(identity)
        return None if line is None else cast("dict[str, Any]", msgspec.json.decode(line))

    def _read_table(self) -> dict[str, Mapping[str, Any]]:
        return {str(each.doc_id): each for each in self}

    def _get_next_id(self) -> int:
        return self._documents.next_id()

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        edited = _Edited(self._documents, self._decoded)
        # TinyDB's updaters read, set and delete by id and go through the ids; a mapping that does these serves.
        updater(cast("dict[int, Mapping[str, Any]]", edited))
        self._documents.write(edited.changed())


class _Edited(MutableMapping[int, dict[str, Any]]):
    """A table while one operation changes it: documents are decoded when touched, and only those are written."""

    def __init__(self, documents: Documents, decoded: Callable[[int], dict[str, Any] | None]) -> None:
        self._documents = documents
        self._decoded = decoded
        self._touched: dict[int, dict[str, Any] | None] = {}

    def changed(self) -> dict[int, dict[str, Any] | None]:
        """Return the documents that are not as they were, None where one is gone."""
        return {each: document for each, document in self._touched.items() if document != self._decoded(each)}

    def __getitem__(self, key: int) -> dict[str, Any]:
        if key not in self._touched:
            self._touched[key] = self._decoded(key)
        found = self._touched[key]
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: int, value: dict[str, Any]) -> None:
        self._touched[key] = dict(value)

    def __delitem__(self, key: int) -> None:
        self[key]
        self._touched[key] = None

    def __iter__(self) -> Iterator[int]:
        yield from [each for each in self._documents.ids() if self._touched.get(each, {}) is not None]
        yield from [each for each in list(self._touched) if self._documents.line(each) is None and each in self]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, int):
            return False
        if key in self._touched:
            return self._touched[key] is not None
        return self._documents.line(key) is not None

    def clear(self) -> None:
        """Remove every document."""
        for each in list(self):
            self._touched[each] = None
