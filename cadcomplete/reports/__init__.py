"""What the commands of the command line answer."""
