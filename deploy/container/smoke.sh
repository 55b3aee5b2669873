#!/usr/bin/env bash
# Tries an image as an operator runs it: no rights, nothing to write to, until it is healthy, then to a clean end.
set -euo pipefail
image=${1:?usage: smoke.sh IMAGE}
healthy_within=60

docker run --rm "$image" --version
docker run --rm "$image" --check-config --kafka.brokers=kafka:9092

container=$(docker run --detach --read-only --cap-drop ALL --security-opt no-new-privileges \
  --env SHUTDOWN_DRAIN_DELAY=0s "$image" --dry-run)
trap 'docker rm --force "$container" >/dev/null' EXIT

for ((second = 0; ; second++)); do
  health=$(docker inspect --format '{{.State.Health.Status}}' "$container")
  if [[ $health == healthy ]]; then break; fi
  if ((second == healthy_within)); then
    echo "not healthy within $healthy_within s but $health" >&2
    docker logs "$container" >&2
    exit 1
  fi
  sleep 1
done
docker exec "$container" /nodejs/bin/node dist/main.js healthcheck

docker stop "$container" >/dev/null
status=$(docker inspect --format '{{.State.ExitCode}}' "$container")
if [[ $status != 0 ]]; then
  echo "ended with $status when asked to stop" >&2
  docker logs "$container" >&2
  exit 1
fi
echo "$image is well"
