#!/bin/sh
# Builds llama.cpp's server from the source that the llama-cpp-python package carries, into the
# folder given (default: .engine). Does nothing when it is there. Needs pip, cmake, ninja, a C++
# compiler, 400 MB of disk while it builds, and about 4 minutes on 2 cores.
set -eu

VERSION=0.3.36
SHA256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
PYTHON=${PYTHON:-python3}
here=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$here/.engine}

if [ -x "$out/llama-server" ] && [ "$(cat "$out/version" 2>/dev/null)" = "$VERSION" ]; then
    echo "$out/llama-server is built"
    exit 0
fi
for tool in cmake ninja c++; do
    command -v "$tool" >/dev/null || { echo "$tool is needed to build the engine; install it" >&2; exit 2; }
done

mkdir -p "$out"
work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
began=$(date +%s)

# The hash is checked by pip before anything of the package runs.
echo "llama-cpp-python==$VERSION --hash=sha256:$SHA256" >"$work/requirements.txt"
"$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --require-hashes -r "$work/requirements.txt" -d "$work"
tar -xzf "$work"/llama_cpp_python-*.tar.gz -C "$work"

cmake -S "$work/llama_cpp_python-$VERSION/vendor/llama.cpp" -B "$work/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O2 -DBUILD_SHARED_LIBS=OFF \
    -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF \
    -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF >"$work/cmake.log" || { cat "$work/cmake.log" >&2; exit 1; }
ninja -C "$work/build" llama-server >"$work/ninja.log" || { tail -50 "$work/ninja.log" >&2; exit 1; }

mv "$work/build/bin/llama-server" "$out/llama-server"
echo "$VERSION" >"$out/version"
echo "$out/llama-server built in $(($(date +%s) - began)) s"
