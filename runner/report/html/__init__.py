"""Pages in one HTML file each: the release calendar of a plan, and the page of a run. In: a document. Out: the page."""
