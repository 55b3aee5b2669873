#!/usr/bin/env bash
# Restarts the instances of kafka-adapter@.service one after the other, each once the one before is ready again.
set -euo pipefail
program=${KAFKA_ADAPTER:-/opt/kafka-adapter/bin/kafka-adapter}
folder=${KAFKA_ADAPTER_SETTINGS:-/etc/kafka-adapter}
ready_within=60

if (($# == 0)); then
  echo "usage: rolling-restart.sh PORT ..." >&2
  exit 2
fi

# NAME=value lines of the environment files of an instance, without quotes around the value.
settings_of() {
  local file
  for file in "$folder/kafka-adapter.env" "$folder/$1.env"; do
    if [[ -r $file ]]; then sed -nE "s/^([A-Z_]+)=(\"(.*)\"|'(.*)'|(.*))\$/\1=\3\4\5/p" "$file"; fi
  done
}

for port in "$@"; do
  echo "restarting kafka-adapter@$port"
  # Returns when the old one has drained and ended and the new one was started.
  systemctl restart "kafka-adapter@$port"
  mapfile -t settings < <(settings_of "$port")
  check=(env "${settings[@]}" "$program" healthcheck ready "--http.listen-address=:$port")
  for ((second = 0; ; second++)); do
    if answer=$("${check[@]}"); then break; fi
    if ((second == ready_within)); then
      echo "$answer; the others are left as they are" >&2
      exit 1
    fi
    sleep 1
  done
  echo "$answer"
done
