"""Why an alarm was raised: the stored window asked again, and what was journalled, in words."""
