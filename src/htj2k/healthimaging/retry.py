"""Calling again what failed for a reason that passes, with growing pauses."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Retry:
    """How often to ask again, and how long to wait before.

    Attributes
    ----------
    attempts : int
        Calls in all; 1 asks once.
    first_delay, longest_delay : float
        Seconds before the second call, doubled for each one after it up to the longest. Each pause is shortened
        at random by up to a half, so that many readers do not come back at the same moment.
    """

    attempts: int = 8
    first_delay: float = 0.2
    longest_delay: float = 20.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay < 0 or self.longest_delay < 0:
            raise ValueError(f"{self}: at least one attempt, and no negative delays")

    def call(self, function: Callable[[], Result], is_transient: Callable[[Exception], bool]) -> Result:
        """Call `function` until it returns, its exception is not transient, or the attempts are used up.

        Parameters
        ----------
        function : callable
            Without arguments.
        is_transient : callable
            Whether an exception is worth another attempt.

        Returns
        -------
        object
            What `function` returned.

        Raises
        ------
        Exception
            What `function` raised last.
        """
        for attempt in range(1, self.attempts):
            try:
                return function()
            except Exception as error:
                if not is_transient(error):
                    raise
            time.sleep(self._delay(attempt))
        return function()

    def _delay(self, attempt: int) -> float:
        # The exponent is bounded: 2.0**1024 overflows.
        delay = min(self.longest_delay, self.first_delay * 2.0 ** min(attempt - 1, 60))
        return delay * random.uniform(0.5, 1.0)
