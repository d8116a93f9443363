"""A progress bar on a terminal; nothing is written to other outputs."""

from typing import Any

WIDTH = 40


class Progress:
    """A progress bar for `total` rows."""

    def __init__(self, stream: Any, total: int) -> None:
        self.stream, self.total, self.done, self.shown = stream, total, 0, ""

    def advance(self, rows: int) -> None:
        """Show that `rows` more are done."""
        self.done += rows
        part = self.done / (self.total or 1)
        bar = ("█" * int(part * WIDTH)).ljust(WIDTH, "░")
        text = f"{bar} {part:4.0%} of {self.total:,} rows"
        if self.stream.isatty() and text != self.shown:
            self.stream.write(f"\r{text}", ending="")
            self.stream.flush()
            self.shown = text

    def end(self) -> None:
        """End the line of the bar."""
        if self.shown:
            self.stream.write("")
