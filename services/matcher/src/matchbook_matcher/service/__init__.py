"""What the matcher does with its inputs: takes them in, and evaluates what they touch."""
