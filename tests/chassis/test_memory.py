"""What a serving process asks of the garbage collector."""

import gc

from chassis.memory import THRESHOLDS, settle


def test_what_the_start_made_is_left_alone() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == THRESHOLDS
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
