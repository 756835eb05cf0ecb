"""Pictures of the wanted part: from which side they show it, and what may come next there."""
