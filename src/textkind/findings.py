"""Finding: what a coded check on data or on answers has to say."""

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["issue", "tip"]


@dataclass(frozen=True)
class Finding:
    """A code, how bad it is (*issue*: a result is in doubt; *tip*: worth a look), a sentence, examples."""

    code: str
    severity: Severity
    message: str
    examples: tuple[str, ...] = ()

    def to_dict(self) -> dict:
        """The finding for JSON, with the place in the documentation."""
        return {**asdict(self), "docs": f"docs/checks.md#{self.code.lower()}"}
