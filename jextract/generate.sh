#!/bin/sh
# Makes jextract/java from the headers and the symbol lists (*.args) beside this script.
#
#   OPENBLAS_INCLUDE=<folder with cblas.h and lapacke.h> CUDA_INCLUDE=<folder with cuda.h> NCCL_INCLUDE=<folder with nccl.h>
#     jextract/generate.sh [kernels] [openblas] [cuda] [nvrtc] [cublas] [cublaslt] [nccl]
#
# Without arguments all bindings are made. CUDA's headers are a toolkit's, with crt/ inside. The headers of OpenBLAS are in its Maven jar (org.bytedeco:openblas, classifier
# linux-x86_64), under org/bytedeco/openblas/linux-x86_64/include. jextract is taken from PATH, or from JEXTRACT_HOME/bin.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
if [ -n "${JEXTRACT_HOME:-}" ]; then
  jextract=$JEXTRACT_HOME/bin/jextract
else
  jextract=$(command -v jextract) || { echo "generate.sh: no jextract on PATH; set JEXTRACT_HOME" >&2; exit 1; }
fi

# generate NAME HEADER...: replaces the package that NAME.args names, then looks for every name of the list in the result,
# because jextract ignores an unknown one in silence.
generate() {
  name=$1
  shift
  arguments=$here/$name.args
  package=$(sed -n 's/^--target-package //p' "$arguments")
  class=$(sed -n 's/^--header-class-name //p' "$arguments")
  folder=$here/java/$(echo "$package" | tr . /)
  rm -rf "$folder"
  "$jextract" --output "$here/java" "@$arguments" "$@"
  missing=0
  for symbol in $(sed -n 's/^--include-[a-z]* //p' "$arguments"); do
    if ! grep -q " $symbol(" "$folder"/*.java && [ ! -f "$folder/$symbol.java" ]; then
      echo "generate.sh: $name: no $symbol in $*" >&2
      missing=1
    fi
  done
  [ "$missing" -eq 0 ]
  echo "$package.$class: $(cat "$folder"/*.java | wc -l) lines"
}

for library in ${*:-kernels openblas cuda nvrtc cublas cublaslt nccl}; do
  case $library in
    kernels) generate kernels "$root/native/include/kernels.h" ;;
    openblas)
      : "${OPENBLAS_INCLUDE:?set it to the folder with cblas.h and lapacke.h}"
      generate openblas -I "$OPENBLAS_INCLUDE" "$OPENBLAS_INCLUDE/cblas.h" "$OPENBLAS_INCLUDE/lapacke.h"
      ;;
    cuda | nvrtc | cublas | cublaslt)
      : "${CUDA_INCLUDE:?set it to the folder with cuda.h}"
      case $library in
        cublas) header=cublas_v2.h ;;
        cublaslt) header=cublasLt.h ;;
        *) header=$library.h ;;
      esac
      generate "$library" -I "$CUDA_INCLUDE" "$CUDA_INCLUDE/$header"
      ;;
    nccl)
      : "${CUDA_INCLUDE:?set it to the folder with cuda.h}" "${NCCL_INCLUDE:?set it to the folder with nccl.h}"
      generate nccl -I "$CUDA_INCLUDE" "$NCCL_INCLUDE/nccl.h"
      ;;
    *) echo "generate.sh: unknown library $library" >&2; exit 1 ;;
  esac
done
