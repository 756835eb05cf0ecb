"""`python -m cadcomplete`."""

from cadcomplete.cli.app import program

if __name__ == "__main__":
    program()
