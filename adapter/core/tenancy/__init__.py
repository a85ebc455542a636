"""Whose order it is: tenants, the dialect as each speaks it, and what each says of losses."""
