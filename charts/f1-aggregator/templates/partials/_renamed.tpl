{{/* Values with a deprecated name, which is accepted until the next version and takes precedence. Every function takes root. */}}

{{/* api.ingress, as JSON. */}}
{{- define "f1.ingress" -}}
{{- $none := dict "enabled" false "className" "alb" "hosts" list "alb" (dict "scheme" "internal" "https" true "certificateArn" "") -}}
{{ mergeOverwrite $none (deepCopy (.Values.api.ingress | default dict)) (deepCopy (.Values.ingress | default dict)) | toJson }}
{{- end }}

{{/* api.httpCache, as JSON. */}}
{{- define "f1.httpCache" -}}
{{ mergeOverwrite (deepCopy (.Values.api.httpCache | default dict)) (deepCopy (.Values.api.cache | default dict)) | toJson }}
{{- end }}

{{/* Names of imagePullSecrets, as JSON. */}}
{{- define "f1.pullSecrets" -}}
{{- $names := list -}}
{{- range concat (.Values.imagePullSecrets | default list) (.Values.image.pullSecrets | default list) -}}
{{- $names = append $names (kindIs "string" . | ternary . (get (kindIs "string" . | ternary dict .) "name")) -}}
{{- end -}}
{{ $names | uniq | default list | toJson }}
{{- end }}

{{/* The worker's autoscaler: none, hpa or keda. */}}
{{- define "f1.workerScaling" -}}
{{- $scaling := .Values.worker.autoscaling -}}
{{- if $scaling.by }}{{ $scaling.by }}{{ else if $scaling.enabled }}{{ $scaling.type | default "hpa" }}{{ else }}none{{ end -}}
{{- end }}

{{/* Where settings or extraEnv have F1_API_TRUSTED_PROXIES, as a JSON list of paths. */}}
{{- define "f1.proxySettings" -}}
{{- $paths := list -}}
{{- range $program := list "" "api" "worker" "ingest" "operator" "migration" -}}
{{- $values := empty $program | ternary $.Values (get $.Values $program) -}}
{{- if hasKey ($values.settings | default dict) "F1_API_TRUSTED_PROXIES" }}{{ $paths = append $paths (printf "%s.settings.F1_API_TRUSTED_PROXIES" $program | trimPrefix ".") }}{{ end -}}
{{- range $values.extraEnv }}{{ if eq .name "F1_API_TRUSTED_PROXIES" }}{{ $paths = append $paths (printf "%s.extraEnv of F1_API_TRUSTED_PROXIES" $program) }}{{ end }}{{ end -}}
{{- end -}}
{{ toJson $paths }}
{{- end }}

{{/* A message for each deprecated name in use, as a JSON list. */}}
{{- define "f1.oldNames" -}}
{{- $old := list -}}
{{- if .Values.ingress }}{{ $old = append $old "ingress is api.ingress" }}{{ end -}}
{{- if .Values.api.cache }}{{ $old = append $old "api.cache is api.httpCache" }}{{ end -}}
{{- if .Values.image.pullSecrets }}{{ $old = append $old "image.pullSecrets is imagePullSecrets, a list of {name: ...}" }}{{ end -}}
{{- if .Values.worker.autoscaling.by }}{{ $old = append $old "worker.autoscaling.by is worker.autoscaling.enabled and .type" }}{{ end -}}
{{- range include "f1.proxySettings" . | fromJsonArray }}{{ $old = append $old (printf "%s is api.trustedProxies" .) }}{{ end -}}
{{ $old | default list | toJson }}
{{- end }}
