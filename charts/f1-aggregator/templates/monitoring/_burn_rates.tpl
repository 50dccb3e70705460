{{/*
Recording rules of the SLOs, and the conditions of their burn-rate alerts (SRE Workbook, chapter 5: multi-window, multi-burn-rate).
docs/slo.md has the definitions and the arithmetic of the guards.
*/}}

{{/*
Windows of an SLO as JSON: long and short window, burn rate, severity, for, and after a reported outage the time until the short window has no
error of it. Ingest has one run in 5 minutes: its short window is 15 minutes; a run is counted 10 minutes after its schedule. What pages waits
longer than F1ApiErrorRateHigh (5m) and F1ApiSlow (10m): those report an outage first, and silence the burn rate.
*/}}
{{- define "f1.burnWindows" -}}
{{- $short := eq . "ingest_runs" | ternary "15m" "5m" -}}
{{- $past := eq . "ingest_runs" | ternary (list "25m" "40m" "130m" "370m") (list "5m" "30m" "2h" "6h") -}}
{{- $for := get (dict "api_availability" "7m" "api_latency" "12m") . | default "5m" -}}
{{- list
  (dict "long" "1h" "short" $short "past" (index $past 0) "rate" 14.4 "severity" "critical" "for" $for)
  (dict "long" "6h" "short" "30m" "past" (index $past 1) "rate" 6 "severity" "critical" "for" $for)
  (dict "long" "1d" "short" "2h" "past" (index $past 2) "rate" 3 "severity" "warning" "for" "15m")
  (dict "long" "3d" "short" "6h" "past" (index $past 3) "rate" 1 "severity" "warning" "for" "15m")
  | toJson -}}
{{- end }}

{{/*
When a burn-rate alert fires; dict slo, objective, window (one of f1.burnWindows), least (bad events in the long window, 0: no guard),
release (matchers).
*/}}
{{- define "f1.burning" -}}
{{- $limit := printf "%v * (1 - %v)" .window.rate .objective -}}
f1:{{ .slo }}:error_ratio_{{ .window.long }}{ {{- .release -}} } > {{ $limit }}
and f1:{{ .slo }}:error_ratio_{{ .window.short }}{ {{- .release -}} } > {{ $limit }}
{{- if .least }}
and f1:{{ .slo }}:errors_{{ .window.long }}{ {{- .release -}} } >= {{ .least }}
{{- end }}
{{- $causes := dict
  "ingest_runs" "F1DatabaseUnavailable|F1SchemaMismatch|F1S3Refusing|F1IngestMissing"
  "api_availability" "F1DatabaseUnavailable|F1SchemaMismatch|F1ApiDown|F1ApiErrorRateHigh"
  "api_latency" "F1DatabaseUnavailable|F1SchemaMismatch|F1ApiDown|F1ApiErrorRateHigh|F1ApiSlow"
  "processing_lag" "F1DatabaseUnavailable|F1SchemaMismatch|F1S3Refusing|F1WorkerDown" }}
{{ dict "causes" (get $causes .slo) "window" .window.past "release" .release | include "f1.unlessReported" }}
{{- end }}

{{/*
An outage that has paged leaves errors in the windows of other alerts; Alertmanager silences those only while the cause fires. With this
they do not fire until their window has passed the outage; dict causes (a regular expression), window, release.
*/}}
{{- define "f1.unlessReported" -}}
unless on () count(max_over_time(ALERTS{ {{- .release }}, alertstate="firing", alertname=~"{{ .causes }}"}[{{ .window }}]))
{{- end }}

{{/*
Failures in a row stay as they are once poll is suspended or taken away. With this an alert on them ends four times as long after the last
scheduled run as F1IngestMissing waits; context: of an alert file, see rules.yaml.
*/}}
{{- define "f1.whilePolled" -}}
and on () time() - max(f1_ingest_last_scheduled_timestamp_seconds{ {{- .job.ledger }}, kind="poll"}) < {{ mul 4 .rules.thresholds.ingestMissingSeconds }}
{{- end }}

{{/* All recording rules, as a YAML list; context: of an alert file, see rules.yaml. */}}
{{- define "f1.recordings" -}}
{{- $probes := `endpoint!~"/livez|/healthz|/readyz"` -}}
# Objectives, for dashboards.
{{- range $slo, $objective := dict "ingest_runs" .rules.objectives.ingest "api_availability" .rules.objectives.apiAvailability "api_latency" .rules.objectives.apiLatency "processing_lag" .rules.objectives.processingLag }}
- record: f1:slo:objective
  expr: vector({{ $objective }})
  labels: {slo: {{ $slo }}}
{{- end }}
# Ingest. The counters stand in the database and every pod shows the same; pods come and go, and one may show an older number for
# some seconds. So: the greatest of all, and "now minus the least in the window" instead of increase(), which takes a step back for a
# restart from 0. A second expression gives a source that never failed a 0 to start from.
- record: f1:ingest_runs:count
  expr: |-
    max by (kind, source, outcome) (f1_ingest_scheduled_runs_total{ {{- .job.ledger -}} })
    or label_replace(0 * max by (kind, source) (f1_ingest_scheduled_runs_total{ {{- .job.ledger -}} }), "outcome", "failed", "", "")
{{- range list "15m" "30m" "1h" "2h" "6h" "1d" "3d" }}
- record: f1:ingest_runs:errors_{{ . }}
  expr: |-
    sum(
      f1:ingest_runs:count{ {{- $.release }}, outcome!~"on_time|source_unavailable"}
      - min_over_time(f1:ingest_runs:count{ {{- $.release }}, outcome!~"on_time|source_unavailable"}[{{ . }}])
    )
- record: f1:ingest_runs:error_ratio_{{ . }}
  expr: |-
    f1:ingest_runs:errors_{{ . }}{ {{- $.release -}} }
    / on () (sum(
      f1:ingest_runs:count{ {{- $.release }}, outcome!="source_unavailable"}
      - min_over_time(f1:ingest_runs:count{ {{- $.release }}, outcome!="source_unavailable"}[{{ . }}])
    ) > 0)
{{- end }}
# API. By pod, with a 0 from the pod's first request on: a counter that appears with its first error would have no increase.
- record: f1:api_requests:count
  expr: |-
    sum without (method, endpoint, status) (http_requests_total{ {{- .job.api }}, {{ $probes }}})
    or 0 * sum without (method, endpoint, status) (http_requests_total{ {{- .job.api -}} })
- record: f1:api_errors:count
  expr: |-
    sum without (method, endpoint, status) (http_requests_total{ {{- .job.api }}, {{ $probes }}, status=~"5.."})
    or 0 * sum without (method, endpoint, status) (http_requests_total{ {{- .job.api -}} })
- record: f1:api_measured:count
  expr: |-
    sum without (method, endpoint) (http_request_latency_seconds_count{ {{- .job.api }}, {{ $probes }}})
    or 0 * sum without (method, endpoint) (http_request_latency_seconds_count{ {{- .job.api -}} })
- record: f1:api_slow:count
  expr: |-
    (
      sum without (method, endpoint) (http_request_latency_seconds_count{ {{- .job.api }}, {{ $probes }}})
      - sum without (method, endpoint, le) (http_request_latency_seconds_bucket{ {{- .job.api }}, {{ $probes }}, le="0.5"})
    )
    or 0 * sum without (method, endpoint) (http_request_latency_seconds_count{ {{- .job.api -}} })
{{- range $slo, $counts := dict "api_availability" (list "errors" "requests") "api_latency" (list "slow" "measured") }}
{{- range list "5m" "30m" "1h" "2h" "6h" "1d" "3d" }}
- record: f1:{{ $slo }}:errors_{{ . }}
  expr: sum(increase(f1:api_{{ index $counts 0 }}:count{ {{- $.release -}} }[{{ . }}]))
- record: f1:{{ $slo }}:error_ratio_{{ . }}
  expr: |-
    f1:{{ $slo }}:errors_{{ . }}{ {{- $.release -}} }
    / on () (sum(increase(f1:api_{{ index $counts 1 }}:count{ {{- $.release -}} }[{{ . }}])) > 0)
{{- end }}
{{- end }}
# Processing. 1 while a capture waits longer than the objective allows.
- record: f1:processing_lag:bad
  expr: max(f1_ledger_oldest_open_seconds{ {{- .job.ledger -}} }) > bool {{ .rules.objectives.processingLagSeconds }}
{{- range list "5m" "30m" "1h" "2h" "6h" "1d" "3d" }}
- record: f1:processing_lag:error_ratio_{{ . }}
  expr: avg_over_time(f1:processing_lag:bad{ {{- $.release -}} }[{{ . }}])
{{- end }}
# Sources, for alerts that look back.
- record: f1:budget_used:ratio
  expr: max by (source) (f1_budget_spent_requests{ {{- .job.ledger -}} }) / max by (source) (f1_budget_limit_requests{ {{- .job.ledger -}} })
{{- end }}
