"""Backtest: rules replayed over what was recorded, with the clock of that day.

The deciding is the service's own (`gather`, `decide`, `guard`); only the last call to
the vendor is left out. Two things follow from replaying a record:

- What was done stays done. A pay run that was closed at 15:00 is closed at 16:00 too,
  whatever an edited rule would have waited for.
- What nobody read then is unknown now. A rule that asks about lines which no rule
  wanted at the time is told apart as one that could not answer.
"""
