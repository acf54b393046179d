"""What a teacher needs: new exercises, checks of them, and grades."""
