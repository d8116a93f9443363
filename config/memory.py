"""Memory of a process with threads, as Linux's C library keeps it."""

import ctypes
import gc

# Of malloc.h: what is larger is given back to the system as soon as it is freed.
M_MMAP_THRESHOLD = -3
ONE_MB = 1024 * 1024


def give_back() -> None:
    """Keep no large block that is free.

    Else each thread that has hashed a password keeps the 19 MB of it, for the next. Where the C
    library is another one, there is nothing to do.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, ONE_MB)


def keep() -> None:
    """Never look again for what could be freed of all that is in memory now.

    That is code. Looking through it took a request 100 ms, each time that Python did it.
    """
    gc.collect()
    gc.freeze()
