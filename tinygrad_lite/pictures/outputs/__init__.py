"""From a view to what is looked at: DOT, SVG, a tree for a terminal, and the page that steps."""
