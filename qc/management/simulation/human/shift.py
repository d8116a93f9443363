"""Who plays a shift of humans, and whether it went as it must."""

from dataclasses import dataclass, field

from qc.management.simulation.client import Client
from qc.management.simulation.human.at_api import AtApi
from qc.management.simulation.human.at_page import AtPage
from qc.management.simulation.human.browser import Browser
from qc.management.simulation.human.notebook import Notebook
from qc.management.simulation.human.pace import Pace
from qc.management.simulation.human.person import Human
from qc.management.simulation.shift import Shift, dice_for

# Every third person works with the API, and every second of these watches the dashboard.
API_EACH = 3
WATCHES_EACH = 2 * API_EACH
# How far the times that QC Desk reports may be from those that were played.
TOLERANCE = 0.05


@dataclass
class HumanShift(Shift):
    """A shift whose people work as humans do; it must also blame nobody, and time them rightly."""

    notebook: Notebook = field(default_factory=Notebook)

    def people(self, seed: int | None, pace: Pace) -> list[Human]:
        """Return the humans of the shift; none has started yet."""
        humans: list[Human] = []
        for number, (account, dice) in enumerate(dice_for(self.accounts, seed), start=1):
            common = (account, self.notebook, pace, self.over, dice)
            if number % API_EACH:
                humans.append(AtPage(Browser(self.url, self.ledger), *common))
            else:
                watches = number % WATCHES_EACH == 0
                humans.append(AtApi(Client(self.url, self.ledger), watches, *common))
        return humans

    @property
    def wrong_times(self) -> list[str]:
        """A sentence for each person whose reported time is not what they worked."""
        return [
            f"{person} worked {played:.1f} s on their tasks, QC Desk reports {reported:.1f} s"
            for person, (played, reported) in sorted(self.notebook.per_person().items())
            if abs(reported - played) > TOLERANCE * played
        ]

    @property
    def unreported(self) -> int:
        """How many completed tasks QC Desk did not report a time for."""
        return len(self.notebook.seconds.keys() - self.notebook.reported.keys())

    @property
    def went_wrong(self) -> bool:
        """Whether anything happened that must never happen."""
        return bool(
            super().went_wrong or self.notebook.complaints or self.wrong_times or self.unreported
        )
