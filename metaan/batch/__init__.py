"""Many analyses at once: the same answers as `metaan.pool`, from kernels that numba compiles.

`pool` is the way in. `kernels` and `table_kernels` mirror `metaan.stats`; to add a method, enter it there and in the
table that `tests/batch/test_conformance.py` holds against the scalar one.
"""

from .analyses import pool as pool
from .result import Batch as Batch
