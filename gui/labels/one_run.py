"""One run of a tool at a time: what an earlier or cancelled one still has to say is not heard."""

from __future__ import annotations

from ..running import Run


class OneRun:
    """Starts runs for a pane, each in place of the one before.

    Attributes:
        run: The run that is under way, None without one.
    """

    def __init__(self):
        """Start without a run."""
        self.run = None
        self._turn = 0

    def start(self, name, values, on_done, on_failed):
        """Start a tool in the background.

        Args:
            name: The tool's id behind the provider's colon.
            values: Its values.
            on_done: Called with the outputs, unless the run was cancelled or replaced.
            on_failed: Called with a sentence, likewise.

        Returns:
            The run; None when it was refused, which ``on_failed`` has been told.
        """
        self.cancel()
        turn = self._turn

        def heard(act, said):
            if turn == self._turn:
                self.run = None
                act(said)

        run = Run(name, values, lambda outputs: heard(on_done, outputs), lambda why: heard(on_failed, why))
        self.run = None if run.task is None else run
        return self.run

    def cancel(self):
        """Stop the run that is under way; returns whether there was one."""
        run, self.run = self.run, None
        self._turn += 1
        if run is not None:
            run.cancel()
        return run is not None


def as_sentence(why):
    """Return what an error says with a capital letter, unless it begins with the name of a file or a parameter."""
    first = why.split(" ", 1)[0]
    return why if any(sign in first for sign in "._/\\") else why[:1].upper() + why[1:]
