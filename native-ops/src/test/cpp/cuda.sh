#!/usr/bin/env bash
# cuda.sh: compiles the kernels for GPUs as the library does at run time, assembles them for three generations of GPUs, and runs
# them on the CPU against their formulas. It needs no GPU, and says nothing about one.
set -euo pipefail
cd "$(dirname "$0")"

compiler=${CXX:-g++}
main=../../main/cpp
version=12.3.107 # that of TensorFlow 2.16.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

packages=()
[ -e /usr/include/doctest/doctest.h ] || packages+=(doctest-dev)
python3 -c 'import ensurepip' 2> /dev/null || packages+=(python3-venv)
if [ ${#packages[@]} -gt 0 ]; then
  quietly apt-get update -qq
  quietly apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi
options=(-std=c++17 -ffp-contract=off -Wall -Wextra -Werror "-I$main" "-Wa,-I$main")

python3 -m venv "$work/cuda"
quietly "$work/cuda/bin/pip" install --no-deps "nvidia-cuda-nvrtc-cu12==$version" "nvidia-cuda-nvcc-cu12==$version"
cuda=$(echo "$work"/cuda/lib/python3*/site-packages/nvidia)
"$compiler" "${options[@]}" ptx.cc "$main/cuda/driver.cc" -ldl -o "$work/ptx"
for architecture in 70 80 90; do
  LD_LIBRARY_PATH="$cuda/cuda_nvrtc/lib" "$work/ptx" $architecture > "$work/kernels.ptx"
  if grep -E 'fma|mad\.[a-z.]*f(32|64)' "$work/kernels.ptx"; then echo "a product and a sum are rounded as one"; exit 1; fi
  "$cuda/cuda_nvcc/bin/ptxas" -v -arch=sm_$architecture "$work/kernels.ptx" -o "$work/kernels.cubin" 2> "$work/log" \
    || { cat "$work/log"; exit 1; }
  awk -v architecture=$architecture '
    /spill stores/ { stack += $1; spilled += $5 + $9 }
    /Used .* registers/ { count++; if ($5 > registers) registers = $5 }
    END { printf "sm_%s: %d kernels, at most %d registers, %d bytes of stack, %d bytes spilled\n", architecture, count, registers,
                 stack, spilled
          exit count != 33 || stack + spilled > 0 }' "$work/log"
done

"$compiler" "${options[@]}" -O1 -g -fsanitize=address,undefined -fno-sanitize-recover cuda_test.cc -o "$work/test"
timeout 300 "$work/test" --no-intro
