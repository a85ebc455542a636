"""``python -m adapter`` is the ``adapter`` command."""

import sys

from adapter.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
