"""payrunbot: watches pay runs, does the routine steps by rule, and says what it did and why."""
