"""The report of a run: Cucumber Messages written live while behave runs, and one HTML page made of them.

Every run of the suite writes both by itself (acceptance/report/install.py); for any other features `behave -r
acceptance.report.runner:ReportingRunner -f acceptance.report.html:HtmlReport -o run.html` does.
`python -m acceptance report FOLDER` makes the page of a run's folder once more.
"""
