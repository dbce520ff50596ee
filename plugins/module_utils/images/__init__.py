"""What an image is built from, what is missing where, and how it is built."""
