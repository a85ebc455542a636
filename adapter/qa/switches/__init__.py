"""What changes for a shop that takes another backend."""
