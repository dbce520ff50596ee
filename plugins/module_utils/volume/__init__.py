"""What module data_volume decides: whether a device is ours, blank, or another's."""
