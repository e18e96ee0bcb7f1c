"""Staffology's words, in the order of its API description, which is also their index."""

PAY_PERIODS = (
    "Custom",
    "HalfYearly",
    "Quarterly",
    "Monthly",
    "FourWeekly",
    "Fortnightly",
    "Weekly",
    "Daily",
    "Annual",
)
STATES = (
    "Opening",
    "Open",
    "ReOpening",
    "RollingBack",
    "RolledBack",
    "SubmittedForProcessing",
    "Processing",
    "AwaitingApproval",
    "Approved",
    "Finalising",
    "Finalised",
    "Deleting",
)
EVENTS = (
    "Employee_Created",
    "Employee_Updated",
    "Employee_Deleted",
    "Payrun_Finalised",
    "Payrun_StateChanged",
    "PensionMembership_Created",
    "PensionMembership_Updated",
    "PensionMembership_Deleted",
    "JobCompleted",
)
# The hour, in London, at which AutoPilot acts; the zone is not documented, assumed.
AUTO_PILOT_HOUR = {
    "JustAfterMidnight": 0,
    "NineAm": 9,
    "OnePm": 13,
    "FourPm": 16,
    "SixPm": 18,
    "ElevenPm": 23,
}
