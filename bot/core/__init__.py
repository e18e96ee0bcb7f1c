"""The pure part: no network, database, clock, randomness, logging or `await`."""
