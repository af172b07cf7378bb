"""The restoration network as monitors run it: the same function, a third of the operations."""
