"""Publishers that speak ECGM/1: the device SDK, WFDB replay, synthetic patients, fault injection."""
