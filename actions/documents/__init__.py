"""Documents for citizens: PDFs whose Telugu and Hindi are shaped as they are written."""
