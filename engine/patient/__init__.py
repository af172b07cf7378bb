"""One patient's own normal: learned from minutes of signal, then what windows are compared with."""
