"""How much is stored for the benchmarks: `make bench` has the small sizes, `make bench-full` the large ones.

PAYRUNBOT_BENCH=full makes them large; it takes half an hour and more, and some 30 GB for temporary files.
"""

import os

IS_FULL = os.environ.get("PAYRUNBOT_BENCH") == "full"


def size(*, full: int, small: int) -> int:
    """How much of something this session measures."""
    return full if IS_FULL else small
