"""What `dev.py bench` measures, and what it measures on."""
