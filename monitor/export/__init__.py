"""An alarm to hand on: its strip on ECG paper, or as WFDB, JSON or FHIR."""
