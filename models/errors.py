"""What can go wrong with a model, in words for the person who must put it right.

Here belong the exception types of this room and nothing else. Every message names the model or
the file and, where there is one, the remedy.
"""

from __future__ import annotations


class ModelError(Exception):
    """Anything that keeps a model from doing its work."""


class ManifestError(ModelError):
    """The manifest says something wrong; the message lists every mistake, one a line."""


class WeightMissingError(ModelError):
    """A weight file lies in none of the directories where it is looked for."""


class WeightWrongError(ModelError):
    """A weight file is not the one that the manifest pins."""


class PullError(ModelError):
    """A weight file could not be fetched; the message says how to carry it in by hand."""


class ModelRefusedError(ModelError):
    """The runtime cannot use the file, or not on the processor that was asked for."""


class ModelRunError(ModelError):
    """The model was loaded but failed on an input."""


class DegenerateLandmarks(ModelError):  # noqa: N818 - a finding about a face, not a fault
    """Five points that are no face seen from the front: no alignment follows from them."""
