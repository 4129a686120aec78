"""`python -m runner`: the same program as the `bulletins` console script."""

from runner.cli import main

if __name__ == "__main__":
    main()
