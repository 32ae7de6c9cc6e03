"""What people write when they are asked whether they are safe: labelled messages, half of them sealed before the rules."""
