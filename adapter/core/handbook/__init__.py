"""What a dialect's mapping says, told to people: sheets, wording, and the schemas of the files they write."""
