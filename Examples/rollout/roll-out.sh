#!/bin/sh
# Rolls a release over the cells with curl and jq: one worker, which claims a cell, changes it, and reports.
#
#   roll-out.sh RELEASE SERVICE=IMAGE…
#
# `CHANGE` is the command that brings a cell to its images; it is called with the cell and the images as JSON, and says
# by its exit status whether the cell runs them and is well. Start as many workers of one rollout as you like, by ROLLOUT.
#
#   CELL_REGISTRY_URL  the control plane (http://127.0.0.1:8080)
#   CELLCTL_TOKEN      a token of the role releaser
#   STRATEGY           the strategy as JSON ({}: the standard)
#   ROLLOUT            a rollout that has begun, to work on; else one is begun
#
# Ends with 0 where the release is on every cell, 1 where it was rolled back, 2 where a person is asked.
set -eu

url=${CELL_REGISTRY_URL:-http://127.0.0.1:8080}
change=${CHANGE:?the command that changes a cell}
worker="roll-out.sh on $(hostname), process $$"

# The answer's body; the status is in $status. curl's own retries carry the same key, so that no cell is claimed twice. A problem ends the script with its words.
call() {
    method=$1 path=$2 body=${3:-}
    answer=$(curl --silent --show-error --retry 8 --retry-connrefused --max-time 60 --request "$method" \
        ${CELLCTL_TOKEN:+--header "Authorization: Bearer $CELLCTL_TOKEN"} \
        ${body:+--header 'Content-Type: application/json' --data "$body"} \
        --header "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
        --write-out '\n%{http_code}' "$url$path")
    status=${answer##*
}
    answer=${answer%
*}
}

must() {
    call "$@"
    case $status in 2*) ;; *)
        echo "$1 $2: $(echo "$answer" | jq -r '.detail // .')" >&2
        exit 1 ;;
    esac
}

if [ -z "${ROLLOUT:-}" ]; then
    release=${1:?the release}
    shift
    images=$(printf '%s\n' "$@" | jq -Rn '[inputs | split("=") | {(.[0]): (.[1:] | join("="))}] | add')
    must PUT "/v1/releases/$release" "{\"images\":$images}"
    must POST /v1/rollouts "{\"release\":\"$release\",\"strategy\":${STRATEGY:-{\}}}"
    ROLLOUT=$(echo "$answer" | jq -r .id)
fi
echo "$ROLLOUT"

while :; do
    must POST "/v1/rollouts/$ROLLOUT:claim" "$(jq -n --arg worker "$worker" '{$worker}')"
    if [ "$status" = 204 ]; then
        must GET "/v1/rollouts/$ROLLOUT:wait?wait=1s"
        case $(echo "$answer" | jq -r .state) in
        succeeded) exit 0 ;;
        rolledBack | failed | aborted) echo "$answer" | jq -r .cause.message >&2; exit 1 ;;
        paused | awaitingApproval) echo "$answer" | jq -r '.state, .nextSteps[]' >&2; exit 2 ;;
        esac
        continue
    fi
    cell=$(echo "$answer" | jq -r .cell)
    # What the cell ran before has no name where no rollout brought it: then the images say it, and `release` is null.
    if message=$($change "$cell" "$(echo "$answer" | jq -c .images)" 2>&1); then healthy=true; else healthy=false; fi
    report=$(echo "$answer" | jq -c --argjson healthy $healthy --arg message "$(echo "$message" | head -c 1000)" \
        '{fencingToken, release, $healthy, $message}')
    # A report that does not count any more is no fault of ours: somebody else has the cell, or the rollout has turned.
    call POST "/v1/rollouts/$ROLLOUT/cells/$cell:report" "$report"
    [ "$status" = 200 ] || echo "$cell: $(echo "$answer" | jq -r .detail)" >&2
done
