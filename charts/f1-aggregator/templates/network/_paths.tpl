{{/* Paths of NetworkPolicies. */}}

{{/*
Selects a program's pods, including the operator's Jobs, which have the same instance and component; list root, component.
*/}}
{{- define "f1.networkSelector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/part-of: f1-telemetry-aggregator
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* An egress rule; takes a value with to and port, or ports. */}}
{{- define "f1.to" -}}
- to: {{- toYaml .to | nindent 4 }}
  ports:
    {{- range .ports | default (list .port) }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{- define "f1.toDns" -}}
- to: {{- toYaml .Values.networkPolicies.dns.to | nindent 4 }}
  ports:
    {{- $port := .Values.networkPolicies.dns.port | default 53 }}
    - {protocol: UDP, port: {{ $port }}}
    - {protocol: TCP, port: {{ $port }}}
{{- end }}

{{/* Egress to our API. */}}
{{- define "f1.toApi" -}}
- to:
    - podSelector:
        matchLabels: {{- include "f1.networkSelector" (list . "api") | nindent 10 }}
  ports:
    - {protocol: TCP, port: 8000}
{{- end }}

{{/* Ingress from Prometheus; list root, port. */}}
{{- define "f1.fromMetrics" -}}
{{- with (index . 0).Values.networkPolicies.metrics.from }}
- from: {{- toYaml . | nindent 4 }}
  ports:
    - {protocol: TCP, port: {{ index $ 1 }}}
{{- end }}
{{- end }}
