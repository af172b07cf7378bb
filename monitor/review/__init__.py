"""Looking back: the alarms in a journal, the waveform around them, trends, and notes that operators add."""
