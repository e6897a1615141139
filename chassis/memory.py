"""The garbage collector of a process that serves: what the start made stays, and is not looked at again.

Requests make hardly any cycles, yet at Python's own thresholds a busy process spends a tenth of its time looking for
them, with a pause at each full look.
"""

import gc

THRESHOLDS = (50_000, 50, 100)


def settle() -> None:
    """To be called once, when all is loaded and nothing is served yet."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
