"""Wrong answers, by the kind of exercise."""
