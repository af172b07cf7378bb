"""Which beats are the patient's own and which are ectopic."""
