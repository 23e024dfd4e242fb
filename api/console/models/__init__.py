"""The area "Models": train, compare, judge, promote, go back."""
