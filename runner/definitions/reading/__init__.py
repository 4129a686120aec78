"""Read YAML 1.2. The bytes of a file come in; plain values with the position of each go out, or problems."""
