{{- define "kafka-adapter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release and the chart, or the release alone when it has the name of the chart in it. */}}
{{- define "kafka-adapter.fullname" -}}
{{- $name := include "kafka-adapter.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $both .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kafka-adapter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "kafka-adapter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Another name than the replicas have, or the Service would send to the pod of helm test. */}}
{{- define "kafka-adapter.doctorLabels" -}}
app.kubernetes.io/name: {{ include "kafka-adapter.name" . | trunc 56 | trimSuffix "-" }}-doctor
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "kafka-adapter.labels" -}}
{{ include "kafka-adapter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "kafka-adapter.serviceAccountName" -}}
{{- $preset := .Values.serviceAccount.create | ternary (include "kafka-adapter.fullname" .) "default" -}}
{{- default $preset .Values.serviceAccount.name -}}
{{- end -}}

{{- define "kafka-adapter.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- $reference := empty .Values.image.digest | ternary (printf ":%s" $tag) (printf "@%s" .Values.image.digest) -}}
{{- printf "%s%s" .Values.image.repository $reference -}}
{{- end -}}

{{/* What containers of this chart may do: nothing. */}}
{{- define "kafka-adapter.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "kafka-adapter.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The whole configuration, with what follows from other values; the words of `config` win. */}}
{{- define "kafka-adapter.config" -}}
{{- $follows := dict -}}
{{- with .Values.kafkaTls -}}
{{- if .existingSecret -}}
{{- $tls := dict "enabled" true -}}
{{- with .ca }}{{ $_ := set $tls "ca_file" (printf "/etc/kafka-adapter/kafka-tls/%s" .) }}{{ end -}}
{{- with .cert }}{{ $_ := set $tls "cert_file" (printf "/etc/kafka-adapter/kafka-tls/%s" .) }}{{ end -}}
{{- with .key }}{{ $_ := set $tls "key_file" (printf "/etc/kafka-adapter/kafka-tls/%s" .) }}{{ end -}}
{{- $_ := set $follows "kafka" (dict "tls" $tls) -}}
{{- end -}}
{{- end -}}
{{- with .Values.webConfig -}}
{{- if .existingSecret -}}
{{- $_ := set $follows "web" (dict "config_file" (printf "/etc/kafka-adapter/web/%s" .file)) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $follows (deepCopy (default dict .Values.config)) | toYaml -}}
{{- end -}}

{{/*
One option of it by its words, or the default, as text:
include "kafka-adapter.option" (list . ":8080" "http" "listen_address")
*/}}
{{- define "kafka-adapter.option" -}}
{{- $at := include "kafka-adapter.config" (first .) | fromYaml -}}
{{- range slice . 2 -}}
{{- $at = kindIs "map" $at | ternary (get (kindIs "map" $at | ternary $at dict) .) nil -}}
{{- end -}}
{{- if kindIs "float64" $at -}}
{{- printf "%.0f" $at -}}
{{- else if or (kindIs "invalid" $at) (and (kindIs "slice" $at) (empty $at)) (eq (toString $at) "") -}}
{{- index . 1 -}}
{{- else -}}
{{- toString $at -}}
{{- end -}}
{{- end -}}

{{/* The port of an address such as :8080. */}}
{{- define "kafka-adapter.port" -}}
{{- include "kafka-adapter.option" (list . ":8080" "http" "listen_address") | regexFind "[0-9]+$" -}}
{{- end -}}

{{/* Empty when operators come the same way as senders. */}}
{{- define "kafka-adapter.adminPort" -}}
{{- include "kafka-adapter.option" (list . "" "http" "admin_listen_address") | regexFind "[0-9]+$" -}}
{{- end -}}

{{/* Whole seconds of a duration as the adapter writes it (1h30m, 90s, 250ms), rounded up. */}}
{{- define "kafka-adapter.seconds" -}}
{{- $ms := 0 -}}
{{- range regexFindAll "[0-9]+(ms|d|h|m|s)" . -1 -}}
{{- $unit := dict "d" 86400000 "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $ms = add $ms (mul (regexFind "^[0-9]+" . | int64) (get $unit (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- div (add $ms 999) 1000 -}}
{{- end -}}

{{/* Bytes of a size (1GiB), or of a quantity of Kubernetes (1Gi, 1500M), rounded down; sizes may have a fraction. */}}
{{- define "kafka-adapter.bytes" -}}
{{- $unit := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $name := regexFind "[A-Za-z]*$" . | trimSuffix "B" -}}
{{- if not (hasKey $unit $name) }}{{ fail (printf "cannot read the size %s" .) }}{{ end -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) (get $unit $name) | floor | int64 -}}
{{- end -}}

{{/* How long a replica takes for its end, as far as its configuration says, and ten seconds to let go of Kafka. */}}
{{- define "kafka-adapter.shutdownSeconds" -}}
{{- $drain := include "kafka-adapter.option" (list . "20s" "shutdown" "drain_delay") -}}
{{- $timeout := include "kafka-adapter.option" (list . "30s" "shutdown" "timeout") -}}
{{- add (include "kafka-adapter.seconds" $drain | int64) (include "kafka-adapter.seconds" $timeout | int64) 10 -}}
{{- end -}}

{{- define "kafka-adapter.gracePeriod" -}}
{{- $needed := include "kafka-adapter.shutdownSeconds" . | int64 -}}
{{- $given := .Values.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
{{- $needed -}}
{{- else if lt (int64 $given) $needed -}}
{{- fail (printf "terminationGracePeriodSeconds of %d is too short: shutdown.drain_delay, shutdown.timeout and 10 s take %d, and a replica that is killed in between loses its answers" (int64 $given) $needed) -}}
{{- else -}}
{{- int64 $given -}}
{{- end -}}
{{- end -}}

{{/* What requests may take, and the process. */}}
{{- define "kafka-adapter.memoryBytes" -}}
{{- $inflight := include "kafka-adapter.option" (list . "256MiB" "http" "max_inflight_size") -}}
{{- $queue := include "kafka-adapter.option" (list . "128MiB" "kafka" "max_queue_size") -}}
{{- $bounds := add (include "kafka-adapter.bytes" $inflight | int64) (include "kafka-adapter.bytes" $queue | int64) -}}
{{- add (mul 2 $bounds) 209715200 -}}
{{- end -}}

{{/* Values that each are fine and do not go together. */}}
{{- define "kafka-adapter.check" -}}
{{- with dig "limits" "memory" "" .Values.resources -}}
{{- $needed := include "kafka-adapter.memoryBytes" $ | int64 -}}
{{- if lt (include "kafka-adapter.bytes" (toString .) | int64) $needed -}}
{{- fail (printf "resources.limits.memory of %s is too little: twice http.max_inflight_size and kafka.max_queue_size together and 200 MiB are %d MiB; lower those or raise it" (toString .) (div $needed 1048576)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (not (dig "requests" "cpu" "" .Values.resources)) -}}
{{- fail "autoscaling needs resources.requests.cpu, of which it is a percentage" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- $brokers := include "kafka-adapter.option" (list . "" "kafka" "brokers") -}}
{{- $dry := include "kafka-adapter.option" (list . "false" "dry_run") -}}
{{- $named := list -}}
{{- range .Values.extraEnv }}{{ $named = append $named .name }}{{ end -}}
{{- $elsewhere := or .Values.existingSecret .Values.extraEnvFrom (has "KAFKA_BROKERS" $named) (has "KAFKA_BROKER_LIST" $named) -}}
{{- if not (or $brokers (eq $dry "true") $elsewhere) -}}
{{- fail "config.kafka.brokers is empty: name the brokers to start from, or set config.dry_run" -}}
{{- end -}}
{{- end -}}
