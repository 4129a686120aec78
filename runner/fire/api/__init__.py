"""One request to CleverTap's API. The body of a firing and the account's credentials come in; an `Answer` goes out.

Nothing here repeats a request.
"""
