"""The report of a run: Cucumber Messages written live while behave runs, and one HTML page made of them.

`behave -f reporting.messages:Messages -o run.ndjson` writes the stream, `behave -f reporting.html:HtmlReport -o
run.html` the stream and the page, `python -m reporting FOLDER` makes the page of a run once more.
"""
