"""What the commands do, as functions over values: plan a set, fire a plan, publish a report, measure a run.

In: requests made from options, and a display that shows and asks. Out: values and exit codes. Nothing here prints.
"""
