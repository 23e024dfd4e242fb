"""The peer of the public benchmarks: TF-IDF of words and characters, a linear classifier.

The usual strong baseline without a language model: word n-grams 1-2 and character n-grams 2-5
inside words. Words are what stands between spaces, since scikit-learn's own pattern loses Telugu
and Devanagari vowel signs (scikit-learn#30935), which would be no fair peer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_SVM_STRENGTH = 1.0  # inverse regularisation
_LOGISTIC_STRENGTH = 30.0  # 1 would lose points on training sets this small


@dataclass(frozen=True)
class TfidfPeer:
    """A trained peer, by default a linear support vector machine, the most accurate of its kind.

    One fitted with `probabilities` is a logistic regression instead, a point less accurate.
    `labels` are in the order of the columns of `predict_proba`.
    """

    pipeline: Any

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], *, probabilities: bool = False
    ) -> TfidfPeer:
        """Learns from texts and a label each."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        classifier = (
            LogisticRegression(C=_LOGISTIC_STRENGTH, solver="liblinear", random_state=0)
            if probabilities
            else LinearSVC(C=_SVM_STRENGTH, random_state=0)
        )
        return cls(make_pipeline(make_union(words, letters), classifier).fit(texts, labels))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that were learned."""
        return tuple(str(label) for label in self.pipeline.classes_)

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities (texts, labels), of a peer fitted with `probabilities`."""
        return self.pipeline.predict_proba(texts)

    def accuracy(self, texts: Sequence[str], labels: Sequence[str]) -> float:
        """Share (0 to 1) of texts whose label comes first."""
        return float(np.mean(self.pipeline.predict(texts) == np.asarray(labels)))
