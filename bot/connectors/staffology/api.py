"""All that Staffology can be asked and told about one employer: https://api.staffology.co.uk."""

from bot.connectors.staffology.reads import Reads
from bot.connectors.staffology.wire import StaffologySettings
from bot.connectors.staffology.writes import Writes


class StaffologyApi(Reads, Writes):
    """Every call that its documents name for pay runs."""


__all__ = ["StaffologyApi", "StaffologySettings"]
