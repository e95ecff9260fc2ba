#!/usr/bin/env bash
# Runs the Docker blocks of docs/deployment.md as they stand there, in order, in a fresh copy of this repository, and looks at what
# they print. Needs Docker with Compose, ports 80, 443, 8080, 8081 and 9090, openssl and curl. It ends the compose project
# resurs-callback-receiver with its volumes, before and after: not for a machine where that one is in use.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
clean_up() {
  (cd "$folder/copy" && docker compose --profile '*' down --volumes --timeout 5 >/dev/null 2>&1) || true
  rm -rf "$folder"
}
trap clean_up EXIT

mkdir "$folder/copy"
tar -C "$root" --exclude=./node_modules --exclude=./data --exclude=./.env -cf - . | tar -C "$folder/copy" -xf -
cd "$folder/copy"
cp .env.example .env
docker compose --profile '*' down --volumes --timeout 5 >/dev/null 2>&1 || true
rm .env

# One script of all blocks, so that what one sets or defines is there for the next.
awk '/^```sh$/ { inside = 1; next } /^```$/ { if (shown) print "echo"; inside = shown = 0; next }
  inside && /^# Docker$/ { shown = 1; printf "printf \"== block %d, %%s s\\n\" \"$SECONDS\"\n", ++count }
  shown' docs/deployment.md >"$folder/blocks.sh"

SECONDS=0
bash -euo pipefail "$folder/blocks.sh" >"$folder/output" 2>"$folder/errors" || {
  cat "$folder/output" "$folder/errors"
  docker compose --profile '*' ps --all
  docker compose --profile '*' logs --tail 20
  exit 1
}
cat "$folder/output"

expect() {
  grep -qE "$1" "$folder/output" || { printf 'missing: %s\n' "$1"; exit 1; }
}
expect '^All [0-9]+ callbacks ended as expected\.$'
expect ' payment\.unfrozen [0-9]+ evt_'
expect '"webhook":\{"state":"up"'
expect '"revision":"[0-9a-f]{40}"'
expect '^DIGEST_KEY=\*+ +file$'
expect '^The schema is current\.$'
expect '^ +1000[0-9]+$'
expect '^ALTER ROLE$'
printf 'all blocks ran, in %s s\n' "$SECONDS"
