#!/usr/bin/env bash
# Writes the models that the tests in Java use, with the log of 20 steps in Python beside those that train deterministically.
# Usage: make_test_models.sh PYTHON_OF_2.16.2 PYTHON_OF_THE_NEWEST; README.md says how to make the two environments.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../../../../tf-wsam/src/test/resources/savedmodels

rm -rf "$out"
"$1" "$here/make_zoo.py" --out "$out" \
  --only '^(k2_tiny\.keras_2_save|k3_mlp\.keras_3_export|k3_mlp\.held_by_module|module_(gathered|dropout|while_trained))$'
"$2" "$here/make_zoo.py" --out "$out" --only '^k3_tiny$'

steps() {
  "$1" "$here/wsam_steps.py" --model "$out/$2/model" --data "$out/$2/data.npz" --log "$out/$2/steps.jsonl" \
    --batch 8 --steps 20 --base momentum --lr 0.01 --momentum 0.9 --rho 0.05 --gamma 0.9 "${@:3}" > /dev/null
}
top() { echo --logits "$1" --labels y --loss sparse_categorical_crossentropy; }
steps "$1" module_gathered
steps "$1" k3_mlp.held_by_module
steps "$1" k3_mlp.keras_3_export $(top output_0)
steps "$1" k2_tiny.keras_2_save $(top dense)
steps "$2" k3_tiny
