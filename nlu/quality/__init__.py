"""What shows a data team which sentences made a decision, and which of them to mend."""
