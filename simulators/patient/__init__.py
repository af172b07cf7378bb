"""A synthetic patient: a moving cardiac dipole, seen through 12 leads, with the truth about every beat."""
