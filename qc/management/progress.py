"""A bar that grows, for whoever waits at a terminal; in a log there is none."""

from typing import Any

WIDTH = 40


class Progress:
    """How much of so many rows has been done."""

    def __init__(self, stream: Any, total: int) -> None:
        self.stream, self.total, self.done, self.shown = stream, total, 0, ""

    def advance(self, rows: int) -> None:
        """Say that so many more are done."""
        self.done += rows
        part = self.done / (self.total or 1)
        bar = ("█" * int(part * WIDTH)).ljust(WIDTH, "░")
        self._show(f"{bar} {part:4.0%} of {self.total:,} rows")

    def end(self) -> None:
        """End the line of the bar."""
        if self.shown:
            self.stream.write("")

    def _show(self, text: str) -> None:
        if self.stream.isatty() and text != self.shown:
            self.stream.write(f"\r{text}", ending="")
            self.stream.flush()
            self.shown = text
