"""The evaluation report: one HTML page of a model's scores, for people who do not write Python."""

from nlu.training.report.page import write_report

__all__ = ["write_report"]
