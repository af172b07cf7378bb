"""Commands of `ecg-monitor`, one module each: `add_arguments(parser)` and `run(arguments)`."""
