"""Practices of local self-government and their adoption by others."""

from practices.models.adoption import Adoption, AdoptionPhoto
from practices.models.check import Check
from practices.models.practice import FOLD_FROM, FOLD_TO, Practice, next_number
from practices.models.rows import (
    EvidenceStep,
    Funding,
    LegalBasis,
    Link,
    Measurement,
    Obstacle,
    PracticeDocument,
    PracticePhoto,
    PracticeRow,
    Step,
)

__all__ = [
    "FOLD_FROM",
    "FOLD_TO",
    "Adoption",
    "AdoptionPhoto",
    "Check",
    "EvidenceStep",
    "Funding",
    "LegalBasis",
    "Link",
    "Measurement",
    "Obstacle",
    "Practice",
    "PracticeDocument",
    "PracticePhoto",
    "PracticeRow",
    "Step",
    "next_number",
]
