"""The GraphQL documents that are sent to Roubler: https://developer.roubler.com, Pay Runs.

Every documented field is asked for, but for people's names. Who finalised a run is
documented as a name and nothing else, so only `__typename` is asked of them, which each
GraphQL server knows: it comes where there is somebody, and is null where there is nobody.
"""

PAY_RUNS = """query PayRuns {
  payRuns {
    id name description startDate endDate status createdAt timesheetsSelectedAt
    finalisedAt finalisedBy { __typename } processedAt modifiedAt
  }
}"""

PAY_RUN = """query PayRun($payRunId: ID!) {
  payRun(id: $payRunId) {
    id name description startDate endDate status createdAt timesheetsSelectedAt
    finalisedAt finalisedBy { __typename } processedAt modifiedAt
    errors { message employee { id } }
    payItems { employee { id } payType { id name } startTime endTime unitAmount quantity amount }
    timesheets { id status startTime endTime hours employee { id } }
  }
}"""

PROCESS_PAY_RUN = """mutation ProcessPayrun($id: ID!, $input: ProcessPayRunInput!) {
  processPayRun(id: $id, input: $input) { id status }
}"""

DELETE_PAY_RUN = """mutation DeletePayrun($id: ID!) {
  deletePayRun(id: $id)
}"""

VIEWER = """query Viewer {
  viewer { employees { company { id } location { id } } }
}"""

DOCUMENTS = {
    "payRuns": PAY_RUNS,
    "payRun": PAY_RUN,
    "processPayRun": PROCESS_PAY_RUN,
    "deletePayRun": DELETE_PAY_RUN,
    "viewer": VIEWER,
}
"""By the one field that each asks for, which is also its name in logs and budgets."""
