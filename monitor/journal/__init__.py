"""The durable record: what was alarmed and why, what was covered, and who did what."""
