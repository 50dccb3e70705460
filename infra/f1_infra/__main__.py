"""`python -m f1_infra`."""

import sys

from f1_infra.cli import main

sys.exit(main())
