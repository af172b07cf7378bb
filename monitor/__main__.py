"""`python -m monitor` is `ecg-monitor`."""

import sys

from monitor.cli import main

sys.exit(main())
