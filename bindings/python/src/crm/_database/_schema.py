"""The schema, and how it is changed."""

from __future__ import annotations

from typing import List, Sequence

from .._base import Base, Kind, name_of
from .._crm.crm import CatalogInfo, FieldDef, FieldType, ObjectDef, RetypeReport, Settings


class Schema(Base):
    def schema(self) -> CatalogInfo:
        """The schema: standard objects, custom objects and custom fields."""
        return self._crm.schema()

    def schema_version(self) -> int:
        """The version of the schema, which grows with every change of it."""
        return self._crm.schema_version()

    def settings(self) -> Settings:
        """The organisation's settings."""
        return self._crm.settings()

    def add_object(self, definition: ObjectDef) -> int:
        """Adds a custom object; returns its number.

        Raises `Schema` for a name that is taken or malformed; `UnknownObject` for a target; `Expression`; `Limit`."""
        return self._crm.add_object(definition)

    def add_field(self, kind: Kind, definition: FieldDef) -> int:
        """Adds a custom field to an object; returns its number. A default, a formula or a roll-up is computed for the
        records that are there.

        Raises what `add_object` does; `Duplicate` if records would share a unique value."""
        return self._crm.add_field(name_of(kind), definition)

    def add_fields(self, kind: Kind, definitions: Sequence[FieldDef]) -> List[int]:
        """Adds several custom fields at once.

        Raises what `add_field` does."""
        return self._crm.add_fields(name_of(kind), list(definitions))

    def rename_field(self, kind: Kind, field: str, name: str) -> None:
        """Renames a custom field. Its number and its values stay.

        Raises `Expression`, `UnknownField` if an expression still uses the old name; `Schema`."""
        self._crm.rename_field(name_of(kind), field, name)

    def retire_field(self, kind: Kind, field: str) -> None:
        """Retires a custom field: its values stay readable and are no longer written, searched or indexed.

        Raises `Schema` for a standard field, or one on which something else is built."""
        self._crm.retire_field(name_of(kind), field)

    def restore_field(self, kind: Kind, field: str) -> None:
        """Brings a retired field back, with the values that it had. It is a plain field then: an index, a place in
        the search or a formula that it had are gone.

        Raises `Schema` if the field is not retired."""
        self._crm.restore_field(name_of(kind), field)

    def retype_field(self, kind: Kind, field: str, ty: FieldType, *, clear_failures: bool = False) -> RetypeReport:
        """Gives a custom field another type and converts its values. Values that cannot be converted refuse the change
        or, with `clear_failures`, are cleared and reported.

        Raises `Invalid`, `Duplicate`, `NotFound`, `Schema`, `Expression`."""
        return self._crm.retype_field(name_of(kind), field, ty, clear_failures)

    def index_field(self, kind: Kind, field: str) -> None:
        """Gives a field an index. Records are read in small transactions, between which others write.

        Raises `Schema` if the field is indexed already or cannot be."""
        self._crm.index_field(name_of(kind), field)
