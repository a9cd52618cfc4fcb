"""How large a step training takes: what the user asked for, else a range test, and the one-cycle schedule.

The schedule does not count epochs: it has a position between 0 and 1 that something else advances, by steps, by the
clock when the user gave a time, or faster when training is to end early. So an end always comes with a falling rate,
which is where most of the quality is won.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import ParameterError

RISE = 0.10
"""Share of the schedule in which the rate rises."""
START = 1 / 25
"""Rate at the start, as a share of the highest."""
END = 1e-3
"""Rate at the end, as a share of the highest."""
BACKBONE_SHARE = 0.1
"""Rate of a pre-trained backbone, as a share of the head's, when one rate is given."""
LOWEST, HIGHEST = 1e-7, 10.0
TEST_FROM, TEST_TO = 1e-5, 3e-2
"""Range that the range test walks through."""
FEWEST_TEST_STEPS, MOST_TEST_STEPS = 12, 40
TEST_SHARE = 0.05
"""Largest share of the planned steps that the range test may take."""

_SLICE = re.compile(r"slice\s*\((.*)\)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Rates:
    """Highest learning rates of a run.

    Attributes:
        backbone: Of the backbone.
        head: Of everything else.
    """

    backbone: float
    head: float

    def text(self) -> str:
        """Return the rates as an ``.emd`` writes them."""
        if self.backbone == self.head:
            return f"{self.head:.4e}"
        return f"slice('{self.backbone:.4e}', '{self.head:.4e}', None)"


def parse_rates(text: str, pretrained: bool) -> Rates | None:
    """Return the rates a text asks for, or None for an empty text.

    Args:
        text: A number, or ``slice(low, high)`` for backbone and head.
        pretrained: Whether the backbone starts from trained weights; one rate is then lowered for it.

    Raises:
        ParameterError: The text is neither, or a rate is out of range.
    """
    plain = text.strip()
    if not plain:
        return None
    match = _SLICE.match(plain)
    parts = [part.strip(" '\"") for part in (match.group(1).split(",") if match else [plain])]
    if match and len(parts) == 3 and parts[2].lower() == "none":
        parts.pop()
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in ((1, 2) if match else (1,)) or not all(LOWEST <= number <= HIGHEST for number in numbers):
        raise ParameterError(
            f"learning_rate '{text}' is not a rate: give a number from {LOWEST:g} to {HIGHEST:g}, "
            "or slice(low, high) for backbone and head, or leave it empty"
        )
    if len(numbers) == 2:
        if numbers[0] > numbers[1]:
            raise ParameterError(f"learning_rate '{text}' falls: the backbone's rate comes first and is the lower one")
        return Rates(numbers[0], numbers[1])
    return rates_of(numbers[0], pretrained)


def rates_of(rate: float, pretrained: bool) -> Rates:
    """Return the rates of backbone and head when one is known."""
    return Rates(rate * BACKBONE_SHARE if pretrained else rate, rate)


@dataclass
class OneCycle:
    """The one-cycle schedule at a position.

    Attributes:
        position: 0 at the start, 1 at the end.
    """

    position: float = 0.0

    @property
    def factor(self) -> float:
        """Share of the highest rate that holds now."""
        if self.position < RISE:
            return START + (1 - START) * self.position / RISE
        fall = min(1.0, (self.position - RISE) / (1 - RISE))
        return END + (1 - END) * (1 + math.cos(math.pi * fall)) / 2

    @property
    def done(self) -> bool:
        """Whether the end is reached."""
        return self.position >= 1.0

    def advance(self, share: float) -> None:
        """Move on by a share of the whole schedule."""
        self.position = min(1.0, self.position + max(0.0, share))
        if self.position > 1.0 - 1e-9:
            self.position = 1.0


def range_test_steps(planned: int) -> int:
    """Return how many steps the range test takes in a run of so many; 0 when that would cost too much."""
    steps = min(MOST_TEST_STEPS, int(TEST_SHARE * planned))
    return steps if steps >= FEWEST_TEST_STEPS else 0


def find_rate(losses: Callable[[float], float], steps: int, usual: float) -> tuple[float, list[tuple[float, float]]]:
    """Walk from a tiny to a large rate and return the one where the loss falls best.

    The usual rate of the architecture is trusted within limits: the answer lies between half and twice it, because
    a short walk over few samples is noisy.

    Args:
        losses: Takes one training step at a rate and returns its loss.
        steps: Number of steps.
        usual: Rate that suits the architecture in general.

    Returns:
        The rate, and the pairs of rate and loss that were seen.
    """
    rates = np.geomspace(TEST_FROM, TEST_TO, steps)
    seen: list[tuple[float, float]] = []
    smooth, lowest = 0.0, math.inf
    curve: list[float] = []
    for step, rate in enumerate(rates):
        loss = losses(float(rate))
        seen.append((float(rate), loss))
        smooth = 0.8 * smooth + 0.2 * loss
        level = smooth / (1 - 0.8 ** (step + 1))
        if not math.isfinite(loss) or (step > steps // 3 and level > 2 * lowest):
            break
        lowest = min(lowest, level)
        curve.append(level)
    found = steepest(rates[: len(curve)], np.array(curve))
    return (usual if found is None else float(np.clip(found, usual / 2, usual * 2))), seen


def steepest(rates: np.ndarray, losses: np.ndarray) -> float | None:
    """Return the rate in the middle of the steepest fall of a smoothed loss curve; None when it does not fall.

    Args:
        rates: (n,) float64, rising.
        losses: (n,) float64, smoothed.
    """
    if len(losses) < 6 or not np.isfinite(losses).all():
        return None
    lowest = int(np.argmin(losses))
    if lowest < 3 or losses[lowest] > 0.98 * losses[0]:
        return None
    slope = np.gradient(losses[: lowest + 1], np.log(rates[: lowest + 1]))
    best = int(np.argmin(slope))
    return float(rates[best]) if slope[best] < 0 else None
