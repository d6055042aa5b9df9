"""Following long jobs."""

from __future__ import annotations

from types import TracebackType
from typing import Callable, Optional, Type

from ._crm.crm import Flow, Progress, ProgressListener

OnProgress = Callable[[Progress], Optional[bool]]
"""Is told how far a job is, at most some ten times a second, on the thread that runs it; False stops the job. It can
read the database, and not write to it. What it raises stops the job, whose call raises `Callback` from it."""


class Listener(ProgressListener):
    """Calls a function, and keeps what it raised."""

    def __init__(self, function: OnProgress) -> None:
        self._function = function
        self._raised: Optional[BaseException] = None

    @staticmethod
    def of(function: Optional[OnProgress]) -> _Following:
        """The listener that calls a function, if there is one, for the time of a call."""
        return _Following(None if function is None else Listener(function))

    def on_progress(self, progress: Progress) -> Flow:
        try:
            return Flow.STOP if self._function(progress) is False else Flow.GO_ON
        except Exception as error:
            self._raised = error
            raise
        except BaseException as error:
            # A KeyboardInterrupt cannot cross; the job stops, and it goes on behind the call.
            self._raised = error
            return Flow.STOP


class _Following:
    def __init__(self, listener: Optional[Listener]) -> None:
        self._listener = listener

    def __enter__(self) -> Optional[Listener]:
        return self._listener

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        raised = self._listener._raised if self._listener else None
        if raised is None:
            return
        if error is None or not isinstance(raised, Exception):
            raise raised
        error.__cause__ = raised
