"""The restoration network (torch) and the statistics of normal ECG beside it (numpy)."""
