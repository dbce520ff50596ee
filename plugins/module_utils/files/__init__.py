"""What the file_set module decides (plan) and how it reads and writes the disk (disk)."""
