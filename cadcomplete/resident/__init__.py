"""A process that stays: it has imported all that an answer needs, and forks for each command."""
