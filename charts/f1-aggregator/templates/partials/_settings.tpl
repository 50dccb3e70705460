{{/* Where each program's environment comes from. Every function takes list root, component. */}}

{{/* How the component's database URL is given: a role of its own, or the one of all. As JSON: way, and what it needs. */}}
{{- define "f1.database" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $all := $root.Values.database -}}
{{- $own := get ($all.programs | default dict) $component | default dict -}}
{{- $given := not (empty $own) | ternary $own (omit $all "programs") -}}
{{- $name := printf "%s-database" (include "f1.fullname" $root) -}}
{{- if $own }}{{ $name = printf "%s-%s" $name $component }}{{ end -}}
{{- if $given.existingSecret -}}
{{ dict "way" "existing" "secret" $given.existingSecret "key" ($given.existingSecretKey | default "F1_DATABASE_URL") | toJson }}
{{- else if $given.remoteKey -}}
{{ dict "way" "external" "secret" $name "given" $given | toJson }}
{{- else if $given.url -}}
{{ dict "way" "plain" "secret" $name "url" $given.url | toJson }}
{{- else -}}
{{ dict "way" "missing" | toJson }}
{{- end -}}
{{- end }}

{{/* The same Secret as the operator's Jobs mount it: its name, and which key is F1_DATABASE_URL if another one is. */}}
{{- define "f1.jobDatabaseSecret" -}}
{{- $database := include "f1.database" . | fromJson -}}
{{ $database.secret }}
{{- if not (has ($database.key | default "F1_DATABASE_URL") (list "F1_DATABASE_URL")) }}:{{ $database.key }}=F1_DATABASE_URL{{ end -}}
{{- end }}

{{/* The Secret of the S3 keys; empty where Pod Identity or IRSA gives access. Takes root. */}}
{{- define "f1.s3Secret" -}}
{{- if .Values.s3.existingSecret -}}
{{ .Values.s3.existingSecret }}
{{- else if or .Values.s3.remoteKey .Values.s3.accessKeyId -}}
{{ include "f1.fullname" . }}-s3
{{- end -}}
{{- end }}

{{/* The component's F1_ variables that are no secret, as YAML. What a user sets for one program wins. */}}
{{- define "f1.settings" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := get $root.Values $component -}}
{{- $made := dict -}}
{{- if has $component (list "ingest" "worker") -}}
{{- $_ := set $made "F1_S3_BUCKET" $root.Values.s3.bucket -}}
{{- $_ := set $made "F1_S3_REGION" $root.Values.s3.region -}}
{{- with $root.Values.s3.endpoint }}{{ $_ := set $made "F1_S3_ENDPOINT" . }}{{ end -}}
{{- with $root.Values.s3.prefix }}{{ $_ := set $made "F1_S3_PREFIX" . }}{{ end -}}
{{- with $root.Values.s3.addressingStyle }}{{ $_ := set $made "F1_S3_ADDRESSING_STYLE" . }}{{ end -}}
{{- end -}}
{{- if eq $component "api" -}}
{{- $_ := set $made "F1_API_HOST" "::" -}}
{{- $_ := set $made "F1_API_PORT" "8000" -}}
{{- $_ := set $made "F1_API_METRICS_PORT" "9103" -}}
{{- $_ := set $made "F1_API_KEYS" (eq $values.keys "none" | ternary "off" $values.keys) -}}
{{- $_ := set $made "F1_API_GRACE_S" ($values.graceSeconds | toString) -}}
{{- with $values.anonymousLimit }}{{ $_ := set $made "F1_API_ANONYMOUS_LIMIT" . }}{{ end -}}
{{- with $values.trustedProxies }}{{ $_ := set $made "F1_API_TRUSTED_PROXIES" (join "," .) }}{{ end -}}
{{- with $values.origins }}{{ $_ := set $made "F1_API_ORIGINS" (join " " .) }}{{ end -}}
{{- with include "f1.httpCache" $root | fromJson -}}{{/* empty after helm upgrade --reuse-values from 0.1.0 */}}
{{- $_ := set $made "F1_API_MAX_AGE_S" (.maxAgeSeconds | int) -}}
{{- $_ := set $made "F1_API_SHARED_MAX_AGE_S" (.sharedMaxAgeSeconds | int) -}}
{{- $_ := set $made "F1_API_STALE_WHILE_REVALIDATE_S" (.staleWhileRevalidateSeconds | int) -}}
{{- $_ := set $made "F1_API_STALE_IF_ERROR_S" (.staleIfErrorSeconds | int) -}}
{{- end -}}
{{- $_ := set $made "F1_API_BUILD" (include "f1.build" .) -}}
{{- end -}}
{{- if eq $component "worker" -}}
{{- $_ := set $made "F1_WORKER_METRICS_PORT" "9101" -}}
{{- $_ := set $made "F1_WORKER_GRACE_S" ($values.graceSeconds | toString) -}}
{{- end -}}
{{- if eq $component "operator" -}}
{{- $_ := set $made "F1_OPERATOR_NAMESPACE" $root.Release.Namespace -}}
{{- $_ := set $made "F1_OPERATOR_NAMESPACES" $root.Release.Namespace -}}
{{- $_ := set $made "F1_OPERATOR_LEASE" (printf "%s-operator" (include "f1.fullname" $root)) -}}
{{- $_ := set $made "F1_OPERATOR_PLANS_AT_ONCE" $values.plansAtOnce -}}
{{- $_ := set $made "F1_API_URL" (printf "http://%s-api:%v" (include "f1.fullname" $root) $root.Values.api.service.port) -}}
{{- $made = merge $made (include "f1.jobSettings" $root | fromYaml) -}}
{{- end -}}
{{- $made = merge $made (include "f1.certificateSettings" . | fromYaml) -}}
{{- range $name, $value := mergeOverwrite $made (deepCopy ($root.Values.settings | default dict)) (deepCopy ($values.settings | default dict)) }}
{{ $name }}: {{ include "f1.text" $value | quote }}
{{- end -}}
{{- end }}

{{/* A value as the text of a variable: a large number in digits, where toString would write 1e+06. */}}
{{- define "f1.text" -}}
{{ kindIs "string" . | ternary . (toJson .) }}
{{- end }}

{{/* What the pods of the operator's Jobs are made of: the same as those of the CronJobs. Takes root. */}}
{{- define "f1.jobSettings" -}}
{{- $ingest := .Values.ingest -}}
F1_JOB_INGEST_IMAGE: {{ include "f1.image" (list . "ingest") | quote }}
F1_JOB_WORKER_IMAGE: {{ include "f1.image" (list . "worker") | quote }}
F1_JOB_IMAGE_PULL_POLICY: {{ .Values.image.pullPolicy }}
F1_JOB_IMAGE_PULL_SECRETS: {{ include "f1.pullSecrets" . | fromJsonArray | join "," | quote }}
F1_JOB_INGEST_SERVICE_ACCOUNT: {{ include "f1.serviceAccountName" (list . "ingest") }}
F1_JOB_WORKER_SERVICE_ACCOUNT: {{ include "f1.serviceAccountName" (list . "worker") }}
F1_JOB_ENV_FROM_CONFIG_MAPS: {{ include "f1.fullname" . }}-ingest
F1_JOB_SECRETS: {{ compact (list (include "f1.jobDatabaseSecret" (list . "ingest")) (include "f1.s3Secret" .)) | join "," | quote }}
F1_JOB_WORKER_ENV_FROM_CONFIG_MAPS: {{ include "f1.fullname" . }}-worker
F1_JOB_WORKER_SECRETS: {{ compact (list (include "f1.jobDatabaseSecret" (list . "worker")) (include "f1.s3Secret" .)) | join "," | quote }}
{{- $labels := list (printf "app.kubernetes.io/instance=%s" .Release.Name) "app.kubernetes.io/component=ingest" -}}
{{- range $name, $value := merge (dict) ($ingest.podLabels | default dict) (.Values.commonLabels | default dict) }}{{ $labels = append $labels (printf "%s=%s" $name $value) }}{{ end }}
F1_JOB_LABELS: {{ join "," $labels | quote }}
F1_JOB_ANNOTATIONS: {{ $ingest.podAnnotations | default dict | toJson | quote }}
F1_JOB_ENV: {{ $ingest.extraEnv | default list | toJson | quote }}
F1_JOB_WORKER_ENV: {{ .Values.worker.extraEnv | default list | toJson | quote }}
F1_JOB_POD_SECURITY_CONTEXT: {{ include "f1.podSecurityContext" . | fromYaml | toJson | quote }}
F1_JOB_SECURITY_CONTEXT: {{ include "f1.securityContext" . | fromYaml | toJson | quote }}
F1_JOB_VOLUMES: {{ include "f1.extraVolumes" (list . "ingest") | quote }}
F1_JOB_VOLUME_MOUNTS: {{ include "f1.extraVolumeMounts" (list . "ingest") | quote }}
F1_JOB_WORKER_VOLUMES: {{ include "f1.extraVolumes" (list . "worker") | quote }}
F1_JOB_WORKER_VOLUME_MOUNTS: {{ include "f1.extraVolumeMounts" (list . "worker") | quote }}
F1_JOB_RESOURCES: {{ $ingest.resources | default dict | toJson | quote }}
F1_JOB_NODE_SELECTOR: {{ $ingest.nodeSelector | default dict | toJson | quote }}
F1_JOB_TOLERATIONS: {{ $ingest.tolerations | default list | toJson | quote }}
F1_JOB_AFFINITY: {{ $ingest.affinity | default dict | toJson | quote }}
F1_JOB_PRIORITY_CLASS_NAME: {{ include "f1.priorityClass" (list . "ingest") | quote }}
{{- end }}

{{/* Tells one build of a program from another: part of the API's ETags. */}}
{{- define "f1.build" -}}
{{- $root := index . 0 -}}
{{- $image := (get $root.Values (index . 1)).image -}}
{{- $image.digest | default $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{- end }}

{{/* env and envFrom of a program's container. */}}
{{- define "f1.environment" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $values := get $root.Values $component -}}
envFrom:
  - configMapRef:
      name: {{ include "f1.fullname" $root }}-{{ $component }}
env: {{- include "f1.secretsVariable" . | trim | nindent 2 }}
{{- with $values.extraEnv }}
{{ toYaml . | indent 2 }}
{{- end }}
{{- end }}

{{/* Changes when a setting or a secret that the chart knows changes: pods are then replaced. */}}
{{- define "f1.checksum" -}}
{{- $root := index . 0 -}}
{{- printf "%s %s %s" (include "f1.settings" .) (include "f1.database" .) (toJson $root.Values.s3) | sha256sum -}}
{{- end }}
