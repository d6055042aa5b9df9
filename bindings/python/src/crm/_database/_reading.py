"""Reading records."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Type, Union, overload

from .._base import Base, Kind, R, Sort, name_of, names_of, query
from .._crm.crm import Prefix, SearchHit
from .._error import invalid, wrong
from .._plan import Plan
from .._record import Record, RefLike, ref_of
from .._rows import Page, Pages, Rows
from .._values import Ref


def _ref(record: Union[RefLike, Kind], identifier: Union[RefLike, str, None]) -> Ref:
    if isinstance(record, (Ref, Record)):
        return ref_of(record)
    name = name_of(record)
    if isinstance(identifier, str):
        return Ref(name, identifier)
    if identifier is None:
        raise invalid(name, "a record is given by a Ref, or by its object and its id: get(crm.Contact, id)")
    if not isinstance(identifier, (Ref, Record)):
        raise wrong("the id", "text or a reference", identifier)
    ref = ref_of(identifier)
    if ref.object != name:
        raise invalid(str(ref), f"the reference is not to a {name}")
    return ref


class Reading(Base):
    @overload
    def get(self, record: R) -> R: ...
    @overload
    def get(self, record: Ref) -> Record: ...
    @overload
    def get(self, record: Type[R], id: Union[str, Ref]) -> R: ...
    @overload
    def get(self, record: str, id: Union[str, Ref]) -> Record: ...
    def get(self, record: Union[RefLike, Kind], id: Union[str, Ref, None] = None) -> Record:
        """A live record: ``db.get(ref)``, ``db.get(crm.Contact, id)``, ``db.get(crm.Company, deal.company)``.

        Raises `NotFound`."""
        return self._crm.get(_ref(record, id))

    @overload
    def find_record(self, record: R) -> Optional[R]: ...
    @overload
    def find_record(self, record: Ref) -> Optional[Record]: ...
    @overload
    def find_record(self, record: Type[R], id: Union[str, Ref]) -> Optional[R]: ...
    @overload
    def find_record(self, record: str, id: Union[str, Ref]) -> Optional[Record]: ...
    def find_record(self, record: Union[RefLike, Kind], id: Union[str, Ref, None] = None) -> Optional[Record]:
        """A record as `get` has it, also from the trash; None if there is none."""
        return self._crm.find_record(_ref(record, id))

    def organisation(self) -> Record:
        """The organisation's settings, as the record that changes them."""
        return self._crm.organisation()

    @overload
    def find(
        self,
        kind: Type[R],
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        after: str = "",
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Page[R]: ...
    @overload
    def find(
        self,
        kind: str,
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        after: str = "",
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Page[Record]: ...
    def find(
        self,
        kind: Kind,
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        after: str = "",
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Page[Any]:
        """A page of the records that a CEL filter selects: 50 of them, or `limit`. `after` is the `next` of the page
        before; `fields` are those to read, all without it; `trash` asks for the records in the trash.

        Raises `UnknownObject`, `UnknownField`, `Expression`, `Invalid` for a cursor of another query, `Limit`."""
        question = query(kind, filter, sort, limit=limit, after=after, fields=fields, trash=trash)
        page = self._crm.find(question)
        return Page(page.records, page.next)

    @overload
    def pages(
        self,
        kind: Type[R],
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Pages[R]: ...
    @overload
    def pages(
        self,
        kind: str,
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Pages[Record]: ...
    def pages(
        self,
        kind: Kind,
        filter: str = "",
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Pages[Any]:
        """One page after the other, each as `find` reads it when it is its turn."""
        return Pages(self._crm, query(kind, filter, sort, limit=limit, fields=fields, trash=trash))

    @overload
    def find_all(
        self,
        kind: Type[R],
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Rows[R]: ...
    @overload
    def find_all(
        self,
        kind: str,
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Rows[Record]: ...
    def find_all(
        self,
        kind: Kind,
        filter: str = "",
        *,
        sort: Sort = (),
        fields: Sequence[str] = (),
        trash: bool = False,
    ) -> Rows[Any]:
        """All records that a CEL filter selects, however many, as of the commit that was the last one at the call. They
        are read as the iteration goes on.

        Raises what `find` does, when the first record is asked for."""
        return Rows(self._crm.find_all(query(kind, filter, sort, fields=fields, trash=trash)))

    def explain(self, kind: Kind, filter: str = "", *, sort: Sort = ()) -> Plan:
        """How a query is answered: by which index, or by reading everything."""
        return Plan.of(self._crm.explain(query(kind, filter, sort)))

    def count(self, kind: Kind, filter: str = "") -> int:
        """How many live records a CEL filter selects; all of the object's without one."""
        return self._crm.count(name_of(kind), filter)

    def search(self, text: str, *kinds: Kind, limit: int = 50, prefix: Optional[Prefix] = None) -> List[SearchHit]:
        """Finds records by words, beginnings of words and parts of phone numbers and addresses, best first: of some
        objects, or of all if none is named.

        Raises `UnknownObject`; `Limit` for too many words or hits."""
        return self._crm.search(text, names_of(kinds), limit, prefix)

    def title(self, record: RefLike) -> str:
        """A record's title, as its object's declaration makes it.

        Raises `NotFound`."""
        return self._crm.title(ref_of(record))

    def json(self, record: RefLike) -> str:
        """A record as JSON: `object`, `id`, then its fields by name.

        Raises `NotFound`."""
        return self._crm.json(ref_of(record))

    def content(self, document: RefLike) -> Optional[bytes]:
        """The content of a document; None if it is kept elsewhere.

        Raises `NotFound`; `Corrupt` if the content does not have its hash."""
        return self._crm.content(ref_of(document, "the document"))
