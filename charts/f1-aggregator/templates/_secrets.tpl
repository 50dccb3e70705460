{{/* A Secret with F1_DATABASE_URL, or what makes External Secrets make it; list root, component, name, annotations. */}}
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

{{/* The Secret of the operator's API key; empty where there is none. Takes root. */}}
{{- define "f1.operatorKeySecret" -}}
{{- if and .Values.operator.enabled (ne .Values.api.keys "none") -}}
{{ .Values.api.operatorKey.existingSecret | default (printf "%s-operator-key" (include "f1.fullname" .)) }}
{{- end -}}
{{- end }}
