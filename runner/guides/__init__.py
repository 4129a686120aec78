"""The guides: one Markdown page for each topic.

In: the name of a topic. Out: the text of its page. README links the same files.
"""

from __future__ import annotations

from importlib.resources import files

# In the order in which a newcomer needs them.
TOPICS = (
    "concepts",
    "installing",
    "definitions",
    "many-from-one",
    "schedules",
    "spreadsheets",
    "pull-requests",
    "going-live",
    "several-machines",
    "in-doubt",
    "recovering-a-ledger",
    "formats-and-exit-codes",
    "troubleshooting",
    "upgrading",
    "uninstalling",
)


def guide_text(topic: str) -> str:
    """The Markdown text of a guide. Raises KeyError for a topic that is not one of `TOPICS`."""
    if topic not in TOPICS:
        raise KeyError(topic)
    return files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")


def guide_title(topic: str) -> str:
    """The title of a guide: its first heading. Raises KeyError for a topic that is not one of `TOPICS`."""
    return guide_text(topic).partition("\n")[0].removeprefix("# ")
