"""The models of Keras by name, built with whichever Keras is passed: 2 (tf_keras) or 3."""

import inspect
from typing import Callable, Dict

import zoo_images
import zoo_rows
import zoo_sequences
from zoo_case import Case, Keras

CASES: Dict[str, Callable[[Keras], Case]] = {
    name: build
    for module in (zoo_rows, zoo_images, zoo_sequences)
    for name, build in inspect.getmembers(module, inspect.isfunction)
    if build.__module__ == module.__name__ and not name.startswith("_")
}
"""What these modules define."""
