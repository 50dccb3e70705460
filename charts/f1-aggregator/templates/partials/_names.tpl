{{/* Names and labels. */}}

{{- define "f1.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters: a CronJob's name may have 52, and ends with -daily or another suffix. */}}
{{- define "f1.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Name of cluster-scoped resources, unique for each release. */}}
{{- define "f1.clusterName" -}}
{{- $name := printf "%s-%s" .Release.Namespace (include "f1.fullname" .) -}}
{{- if gt (len $name) 48 }}{{ $name = printf "%s-%s" ($name | trunc 39 | trimSuffix "-") (sha256sum $name | trunc 8) }}{{ end -}}
{{ $name }}
{{- end }}

{{/* Labels that select the pods of one program; list root, component. */}}
{{- define "f1.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "f1.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of every resource; list root, component. */}}
{{- define "f1.labels" -}}
{{- $root := index . 0 -}}
{{ include "f1.selector" . }}
app.kubernetes.io/part-of: f1-telemetry-aggregator
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* f1.labels with labels that override them; list root, component, labels. kustomize and Flux reject duplicate keys in a mapping. */}}
{{- define "f1.labelsAnd" -}}
{{- mergeOverwrite (include "f1.labels" . | fromYaml) (deepCopy (index . 2)) | toYaml -}}
{{- end }}

{{/* Annotations of a Deployment's pods: the checksum of its settings, and the program's podAnnotations; list root, component, checksum. */}}
{{- define "f1.podAnnotations" -}}
{{- $own := (get (index . 0).Values (index . 1)).podAnnotations | default dict -}}
{{- merge (dict "checksum/settings" (index . 2)) $own | toYaml -}}
{{- end }}

{{/* A program's ServiceAccount; list root, component. */}}
{{- define "f1.serviceAccountName" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- if eq $component "uninstall" -}}
{{ include "f1.fullname" $root }}-uninstall
{{- else -}}
{{- $account := (get $root.Values (include "f1.program" .)).serviceAccount -}}
{{- if and (not $account.create) (not $account.name) -}}
default
{{- else -}}
{{ $account.name | default (printf "%s-%s" (include "f1.fullname" $root) (include "f1.program" .)) }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A program's image; list root, component. */}}
{{- define "f1.image" -}}
{{- $root := index . 0 -}}
{{- $image := (get $root.Values (index . 1)).image -}}
{{- with $root.Values.image.registry }}{{ . | trimSuffix "/" }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end }}

{{/* Not empty if the chart creates the operator's Role and RoleBinding; true for values without rbac.create; root. */}}
{{- define "f1.createRbac" -}}
{{- dig "create" true (.Values.rbac | default dict) | ternary "true" "" -}}
{{- end }}
