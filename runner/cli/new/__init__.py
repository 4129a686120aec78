"""The questions of `bulletins new`. Options and typed answers come in; the entry to append goes out."""
