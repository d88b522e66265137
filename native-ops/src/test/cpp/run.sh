#!/usr/bin/env bash
# run.sh: builds the C++ tests with the options of pom.xml, and runs them: as they are, and with sanitizers.
set -euo pipefail
cd "$(dirname "$0")"

compiler=${CXX:-g++}
main=../../main/cpp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -e /usr/include/doctest/doctest.h ]; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends doctest-dev; } > "$work/apt.log" 2>&1 \
    || { cat "$work/apt.log"; exit 1; }
fi
mapfile -t options < <(sed -n 's:.*<compilerOption>\(-[^W<][^<]*\)</compilerOption>.*:\1:p' ../../../pom.xml)

# build OPTION.. SOURCE..; "${test[@]}" runs what it built
build() {
  echo "$compiler ${options[*]} $*"
  "$compiler" "${options[@]}" -Wall -Wextra -Werror -pthread -I "$main" "$@" -o "$work/test"
}
test=(timeout 120 "$work/test" --no-intro)

kernels=(kernels_test.cc "$main/kernels/kernels.cc" "$main/kernels/kernels_avx2.cc")
memory=(-O1 -g -fsanitize=address,undefined -fno-sanitize-recover)
build "${kernels[@]}"
"${test[@]}"
build "${memory[@]}" "${kernels[@]}"
"${test[@]}" --test-case-exclude='*large*' # 10 times slower
build "${memory[@]}" parallel_test.cc
"${test[@]}"
build -O1 -g -fsanitize=thread parallel_test.cc
"${test[@]}"
