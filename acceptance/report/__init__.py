"""The report of a run: Cucumber Messages written live while behave runs, and one HTML page made of them.

Every run of the suite writes both by itself (acceptance/report/install.py); for any other features `behave -f
acceptance.report.messages:Messages -o run.ndjson` and `behave -f acceptance.report.html:HtmlReport -o run.html` do.
`python -m acceptance report FOLDER` makes the page of a run's folder once more.
"""
