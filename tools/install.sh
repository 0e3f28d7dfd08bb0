# shellcheck shell=bash
# Sourced by ./switchyard, ./test and ./bench: installs missing Debian packages, builds with CMake.

# need_packages WHY PACKAGE...: installs what dpkg does not know as installed.
need_packages() {
  local why=$1 missing=() package
  shift
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "switchyard: missing packages $why. As root, run:" >&2
      echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 2
    fi
    as_root=(sudo)
  fi
  echo "switchyard: installing with apt $why: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build_packages() {
  local packages=(g++ cmake ninja-build libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
    libfmt-dev libexpected-dev zlib1g-dev libsqlite3-dev libpcre2-dev)
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  need_packages "to build Switchyard" "${packages[@]}"
}

python_packages() {
  build_packages
  need_packages "for kernels in Python" pybind11-dev python3-dev python3-numpy
}

# build DIR CMAKE_ARGS...: configures and builds, quietly; the log stays in DIR/build.log. All of
# it, or BUILD_TARGET alone.
build() {
  local dir=$1 log=$1/build.log
  shift
  mkdir -p "$dir"
  exec 9>"$dir/.lock"
  flock 9
  echo "switchyard: building $dir (a few minutes the first time; log: $log)" >&2
  if ! {
    cmake -S . -B "$dir" -G Ninja "$@" &&
      cmake --build "$dir" ${BUILD_TARGET:+--target "$BUILD_TARGET"}
  } >"$log" 2>&1; then
    grep -E -A5 'error|FAILED' "$log" | head -40 >&2
    echo "switchyard: the build failed; the whole log is $log" >&2
    exit 1
  fi
  exec 9>&-
}
