"""The running monitor: wire, intake, pipeline, alarms, journal, feed, terminal UI and command line."""
