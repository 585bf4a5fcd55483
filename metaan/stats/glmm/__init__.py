"""metaan/stats/glmm."""
