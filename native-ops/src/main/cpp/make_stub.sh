#!/bin/sh
# make_stub.sh COMPILER FOLDER: makes FOLDER/libtensorflow_framework.so.2, a library of the functions that c_api.h names, which do
# nothing. Linked against it, ours asks the loader for TensorFlow's library by its name; no file of TensorFlow is needed.
set -e
mkdir -p "$2"
grep -oE 'TF_[A-Za-z_]+\(' "$(dirname "$0")/tensorflow/c_api.h" | sort -u | sed 's/(.*/() {}/; s/^/void /' > "$2/stub.c"
"$1" -x c -shared -fPIC -nostdlib -Wl,-soname,libtensorflow_framework.so.2 "$2/stub.c" -o "$2/libtensorflow_framework.so.2"
