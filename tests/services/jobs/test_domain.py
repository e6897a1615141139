from datetime import timedelta

import pytest

from services.jobs.domain import poll_delay


@pytest.mark.parametrize(
    ("age", "seconds"), [(-3, 1), (0, 1), (0.99, 1), (1, 2), (2.9, 2), (3, 4), (6.9, 4), (7, 8), (15, 10), (10**8, 10)]
)
def test_d13_whoever_asks_again_when_told_asks_after_1_2_4_8_and_then_every_10_seconds(
    age: float, seconds: int
) -> None:
    assert poll_delay(timedelta(seconds=age)) == timedelta(seconds=seconds)
