"""Something that goes away and comes back: how long to wait before the next try, and one log line each way."""

import structlog

FIRST_DELAY = 0.05
LONGEST_DELAY = 1.0


class Outage:
    """What is known of one thing that may be away."""

    def __init__(self, thing: str) -> None:
        """`thing` is named in the log."""
        self._thing = thing
        self._delay = 0.0

    @property
    def on(self) -> bool:
        """Whether it was away when last tried."""
        return self._delay > 0

    def began(self, error: BaseException) -> float:
        """It did not work; tells how many seconds to wait before trying again."""
        if not self.on:
            # A timeout is caused by nothing but time; what else there is was caused by what the library said.
            cause = error if isinstance(error, TimeoutError) else error.__cause__ or error
            structlog.get_logger().warning("away", thing=self._thing, error=type(cause).__name__)
        self._delay = min(LONGEST_DELAY, max(FIRST_DELAY, self._delay * 2))
        return self._delay

    def ended(self) -> None:
        """It worked."""
        if self.on:
            structlog.get_logger().info("back", thing=self._thing)
        self._delay = 0.0
