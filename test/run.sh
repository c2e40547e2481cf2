#!/bin/sh
# All tests, or the suites named: `npm test -- check node`. `npm test -- --list` says what there is.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$root/bin/gatehouse-node" "$root/test/run.ts" "$@"
