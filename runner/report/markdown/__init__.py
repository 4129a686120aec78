"""Markdown for pull request comments and `$GITHUB_STEP_SUMMARY`: pages that fit in a comment."""
