"""Where an order's time goes: the moments at which the flow calls its ports part it into stages."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

# What has just ended when the flow calls a port, and what the port itself does.
BEFORE = {"find": "decode", "claim": "map", "send": "dispatch", "finish": "map back"}
DURING = {"find": "recall", "claim": "claim", "send": "send", "finish": "record"}
STAGES = ("decode", "recall", "map", "claim", "dispatch", "send", "map back", "record", "respond")


class Stages:
    """Collects milliseconds by stage, order by order; one order at a time."""

    def __init__(self) -> None:
        self.orders: list[dict[str, float]] = []
        self._last = 0.0

    def begin(self) -> None:
        """An order comes in."""
        self.orders.append(dict.fromkeys(STAGES, 0.0))
        self._last = time.perf_counter()

    def mark(self, stage: str) -> None:
        """A stage has ended; what an order goes through twice adds up."""
        now = time.perf_counter()
        self.orders[-1][stage] += 1000 * (now - self._last)
        self._last = now

    def watch(self, part: Any, name: str) -> Callable[..., Any]:
        """A method of a port that marks what was before it, and itself."""
        method = getattr(part, name)

        async def watched(*arguments: Any, **more: Any) -> Any:
            self.mark(BEFORE[name])
            result = await method(*arguments, **more)
            self.mark(DURING[name])
            return result

        return watched

    def medians(self) -> dict[str, float]:
        """Milliseconds of each stage."""
        return {stage: median(order[stage] for order in self.orders) for stage in STAGES}


class Watched:
    """A port whose named methods are watched; everything else is the port's own."""

    def __init__(self, part: Any, stages: Stages, *names: str) -> None:
        self._part = part
        vars(self).update({name: stages.watch(part, name) for name in names})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)
