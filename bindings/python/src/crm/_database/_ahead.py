"""What is to come and what goes out."""

from __future__ import annotations

import datetime
from typing import List, Optional, cast

from .._base import Base
from .._crm.crm import ContactPointState, DueReport, Outcome
from .._objects import OutboxMessage, Reminder
from .._record import RefLike, ref_of


class Ahead(Base):
    def next_due(self) -> Optional[datetime.datetime]:
        """When something is due next; None if nothing is. The host sets its timer to it and calls `run_due`."""
        return self._crm.next_due()

    def run_due(self, until: Optional[datetime.datetime] = None) -> DueReport:
        """Does what is due up to a time, or up to now: reminders become due, rules that wait for dates and schedules
        run. One call does a bounded number; the report says if more is due. A second call does nothing twice."""
        return self._crm.run_due(self._crm.now() if until is None else until)

    def due_reminders(self, *, limit: int = 50) -> List[Reminder]:
        """The reminders that are due and that nobody has acknowledged, oldest first."""
        return cast(List[Reminder], self._crm.due_reminders(limit))

    def acknowledge(self, reminder: RefLike) -> Outcome:
        """Says that somebody has seen a reminder.

        Raises `NotFound`."""
        return self._crm.acknowledge(ref_of(reminder, "the reminder"))

    def snooze(self, reminder: RefLike, until: datetime.datetime) -> Outcome:
        """Puts a reminder off.

        Raises `NotFound`."""
        return self._crm.snooze(ref_of(reminder, "the reminder"), until)

    def outbox(self, *, limit: int = 50) -> List[OutboxMessage]:
        """The messages that the host is to send now, oldest first."""
        return cast(List[OutboxMessage], self._crm.outbox(limit))

    def outbox_sent(self, message: RefLike) -> Outcome:
        """Says that a message has been sent.

        Raises `NotFound`."""
        return self._crm.outbox_sent(ref_of(message, "the message"))

    def outbox_failed(self, message: RefLike, error: str, *, retry: Optional[datetime.datetime] = None) -> Outcome:
        """Says that a message could not be sent, and when to try again; without a time it is given up.

        Raises `NotFound`."""
        return self._crm.outbox_failed(ref_of(message, "the message"), error, retry)

    def contact_point(self, address: str) -> ContactPointState:
        """What is known of an e-mail address or phone number, and who has it.

        Raises `Invalid` if it is neither."""
        return self._crm.contact_point(address)

    def set_opted_out(self, address: str, opted_out: bool) -> Outcome:
        """Says that the owner of an address does, or does not, want to be contacted there. It holds for every record
        that has the address, now or later.

        Raises `Invalid` if it is neither an e-mail address nor a phone number."""
        return self._crm.set_opted_out(address, opted_out)

    def set_invalid(self, address: str, reason: Optional[str] = None) -> Outcome:
        """Says that messages to an address do not arrive, and why; or, without a reason, that they do.

        Raises what `set_opted_out` does."""
        return self._crm.set_invalid(address, reason)
