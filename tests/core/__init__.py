"""Facts about the core: values in, values out."""
