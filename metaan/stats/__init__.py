"""Numbers only: numpy and scipy; no file, frame, study, plot or network."""
