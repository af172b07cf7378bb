"""Pure ECG numerics: arrays in, arrays out. No sockets, clock, terminal or recording formats in here."""
