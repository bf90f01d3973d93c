"""What a maintainer runs by hand; nothing of it is served."""
