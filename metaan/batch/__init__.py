"""Many analyses at once: the same answers as `metaan.pool`, from kernels that numba compiles.

`pool` is the way in for frames and arrays, `files` for tables on disk. `kernels` mirror `metaan.stats`; to add a
method, enter it in the table of `inference`, `inverse` or `kernels` under the name it has there.
"""

from .analyses import pool as pool
from .result import Answers as Answers
