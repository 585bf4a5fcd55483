"""What a command does, as one function of plain values: reads the registry, asks services, writes at the end."""
