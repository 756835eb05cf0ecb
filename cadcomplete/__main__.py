"""`python -m cadcomplete`."""

from cadcomplete.cli import main

if __name__ == "__main__":
    main()
