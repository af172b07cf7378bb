"""What every test may rely on."""

import signal

# A shell that starts the tests in the background makes them, and all they start, ignore Ctrl-C: tests of it
# need it to be heard.
signal.signal(signal.SIGINT, signal.default_int_handler)
