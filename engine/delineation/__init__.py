"""Where the waves of each beat begin, culminate and end, lead by lead."""
