"""`python -m tinygrad_lite` is the command `tinygrad-lite`."""

import sys

from tinygrad_lite.command.cli import main

sys.exit(main())
