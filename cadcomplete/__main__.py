"""`python -m cadcomplete`."""

from cadcomplete.cli.app import main

if __name__ == "__main__":
    main()
