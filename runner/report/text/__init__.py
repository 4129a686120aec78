"""Lines and rows for people at a terminal. The commands print them, and add colours. In: values. Out: text."""
