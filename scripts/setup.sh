# Sourced by the scripts in the root. Says what a machine lacks, and installs it where it may.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# Build nodes end with the script that started them.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*" >&2; }

# need COMMAND:PACKAGE... : every command is there, or its Debian package gets installed.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    say "Missing on this machine, please install: ${missing[*]}"
    return 1
  fi
  say "installing ${missing[*]}"
  apt_install "${missing[@]}" && return 0
  apt-get update -qq </dev/null >/dev/null 2>&1 || true
  apt_install "${missing[@]}" && return 0
  say "Could not install, please install by hand: ${missing[*]}"
  return 1
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null 2>&1
}

need_photo_tools() { need vipsthumbnail:libvips-tools exiftool:libimage-exiftool-perl; }

# A browser for the tests of the dashboard: one that is there, or Debian's.
need_chromium() {
  local name
  [ -z "${LONGHAUL_CHROMIUM:-}" ] || return 0
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    ! command -v "$name" >/dev/null 2>&1 || return 0
  done
  need chromium:chromium
}

# The S3 server of the storage migration's tests.
need_s3rver() {
  local s3="$root/tests/StorageMigration.Tests/s3"
  need node:nodejs npm:npm || return 1
  [ "$s3/node_modules/.package-lock.json" -nt "$s3/package-lock.json" ] && return 0
  say "installing the S3 server of the tests"
  npm ci --prefix "$s3" --no-audit --no-fund --ignore-scripts --loglevel=error >&2 || return 1
  touch "$s3/node_modules/.package-lock.json"
}

# What looks over the OpenAPI document.
need_openapi_lint() {
  local lint="$root/tests/Longhaul.AspNetCore.Tests/lint"
  need node:nodejs npm:npm || return 1
  [ "$lint/node_modules/.package-lock.json" -nt "$lint/package-lock.json" ] && return 0
  say "installing the lint of the OpenAPI document"
  npm ci --prefix "$lint" --no-audit --no-fund --ignore-scripts --loglevel=error >&2 || return 1
  touch "$lint/node_modules/.package-lock.json"
}

openapi_lint() {
  local lint="$root/tests/Longhaul.AspNetCore.Tests/lint"
  REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
    "$lint/node_modules/.bin/redocly" lint --config "$lint/redocly.yaml" "$root/src/Longhaul.AspNetCore/Api/openapi.json"
}

# PostgreSQL's programs, and a transaction pooler for the tests. Their packages would start a server of the system's: it is not wanted.
need_postgres() {
  local policy=/usr/sbin/policy-rc.d made=no code=0 path
  path="$PATH:/usr/sbin:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | paste -sd: -)"
  if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=yes
  fi
  PATH="$path" need postgres:postgresql pgbouncer:pgbouncer || code=1
  [ "$made" = no ] || rm -f "$policy"
  return "$code"
}

need_dotnet() {
  command -v dotnet >/dev/null 2>&1 && return 0
  say "Missing on this machine, please install: the .NET SDK named in global.json"
  return 1
}

# A fingerprint of everything that a build reads: paths, sizes and times, no contents.
sources_fingerprint() {
  (cd "$root" && find global.json Directory.Build.props Directory.Packages.props .editorconfig BannedSymbols.txt src samples bench \
    tests/Longhaul.CrashTests/Proof tests/Servers tests/StorageMigration.Tests \
    \( -name bin -o -name obj -o -name results -o -name node_modules \) -prune -o -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | cksum)
}

# build_program PROJECT_FOLDER : builds it in Release unless its sources are as they were at the last build.
# Sets `program` to the assembly. Says nothing on stdout: that belongs to the program.
build_program() {
  local folder="$root/$1" name log now
  name="$(basename "$1")"
  program="$folder/bin/Release/net10.0/$name.dll"
  local stamp="$folder/obj/Release/built-from"
  now="$(sources_fingerprint)"
  [ -f "$program" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
  need_dotnet
  mkdir -p "$folder/obj/Release"
  (
    # Two callers at once build once. A compiler server outlives the build, so it must not inherit the lock.
    flock 9
    [ -f "$program" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && exit 0
    [ ! -t 2 ] || say "building $name"
    log="$folder/obj/Release/build.log"
    if ! dotnet build "$folder/$name.csproj" -c Release -v q --nologo </dev/null >"$log" 2>&1 9>&-; then
      grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2 || tail -n 40 "$log" >&2
      say "$name does not build"
      exit 1
    fi
    printf '%s\n' "$now" >"$stamp"
  ) 9>"$folder/obj/Release/build.lock"
}
