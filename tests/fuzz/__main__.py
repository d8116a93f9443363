"""`make fuzz`: about so many requests to a site on MariaDB and Redis, 10,000 unless given."""

import sys

from tests.soak.__main__ import on_production

if __name__ == "__main__":
    requests = sys.argv[1] if len(sys.argv) > 1 else "10000"
    on_production("tests/fuzz", {"FUZZ_REQUESTS": requests})
