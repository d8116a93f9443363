"""Second factors: set up and removed by their people, asked for at a sign-in."""
