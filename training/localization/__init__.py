"""Where a model says the anomaly is, against where it is known to be."""
