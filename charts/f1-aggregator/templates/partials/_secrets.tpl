{{/* A Secret with F1_DATABASE_URL, or the ExternalSecret that creates it; list root, component, name, annotations. */}}
{{- define "f1.databaseSecret" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := index . 2 -}}
{{- $annotations := index . 3 -}}
{{- $database := include "f1.database" (list $root $component) | fromJson -}}
{{- if eq $database.way "plain" }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "f1.labels" (list $root $component) | nindent 4 }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
type: Opaque
stringData:
  F1_DATABASE_URL: {{ $database.url | quote }}
{{- else if eq $database.way "external" }}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "f1.labels" (list $root $component) | nindent 4 }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  refreshInterval: {{ $root.Values.externalSecrets.refreshInterval }}
  secretStoreRef: {kind: {{ $root.Values.externalSecrets.storeKind }}, name: {{ $root.Values.externalSecrets.storeName }}}
  target:
    name: {{ $name }}
    creationPolicy: Owner
    {{- with $database.given.urlTemplate }}
    template:
      engineVersion: v2
      data:
        F1_DATABASE_URL: {{ . | quote }}
    {{- end }}
  {{- if $database.given.urlTemplate }}
  dataFrom:
    - extract: {key: {{ $database.given.remoteKey | quote }}}
  {{- else }}
  data:
    - secretKey: F1_DATABASE_URL
      remoteRef:
        key: {{ $database.given.remoteKey | quote }}
        {{- with $database.given.remoteProperty }}
        property: {{ . | quote }}
        {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The Secret of the operator's API key; empty if there is none. Takes root. */}}
{{- define "f1.operatorKeySecret" -}}
{{- if and .Values.operator.enabled (ne .Values.api.keys "none") -}}
{{ .Values.api.operatorKey.existingSecret | default (printf "%s-operator-key" (include "f1.fullname" .)) }}
{{- end -}}
{{- end }}

{{/*
The Secrets that a pod reads, as sources of a projected volume; list root, component. Their keys become files of the folder that
F1_SECRETS_DIR names: unlike variables, they are not in /proc, in `kubectl describe` or in what a crash reports.
*/}}
{{- define "f1.secretFiles" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- if has $component (list "api" "worker" "ingest" "migration") }}
{{- $key := (include "f1.database" . | fromJson).key | default "F1_DATABASE_URL" }}
- secret:
    name: {{ eq $component "migration" | ternary (include "f1.migrationSecret" $root) (include "f1.database" . | fromJson).secret }}
    items: [{key: {{ $key }}, path: F1_DATABASE_URL}]
{{- end }}
{{- if has $component (list "worker" "ingest") }}
{{- with include "f1.s3Secret" $root }}
- secret: {name: {{ . }}}
{{- end }}
{{- end }}
{{- if has $component (list "api" "operator" "test") }}
{{- with include "f1.operatorKeySecret" $root }}
- secret:
    name: {{ . }}
    items: [{key: F1_API_OPERATOR_KEY, path: {{ eq $component "operator" | ternary "F1_API_KEY" "F1_API_OPERATOR_KEY" }}}]
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret that the migration reads: a hook's own, unless the user made one. Takes root. */}}
{{- define "f1.migrationSecret" -}}
{{- $secret := include "f1.database" (list . "migration") | fromJson -}}
{{- eq $secret.way "existing" | ternary $secret.secret (printf "%s-migration-database" (include "f1.fullname" .)) -}}
{{- end }}
