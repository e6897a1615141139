"""What every process needs and no domain owns."""
