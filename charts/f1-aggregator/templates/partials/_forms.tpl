{{/* Errors in values of the right type, as a JSON list of messages. */}}
{{- define "f1.wrongForms" -}}
{{- $wrong := list -}}
{{- $own := include "f1.valuesOfSettings" . | fromJson -}}
{{- $fixed := include "f1.fixedSettings" . | fromJsonArray -}}
{{- $known := .Files.Get "files/setting-names.txt" | trim | splitList "\n" -}}
{{- range $name := list (include "f1.fullname" .) (include "f1.name" .) -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- $wrong = append $wrong (printf "%q is not a valid resource name: set fullnameOverride or nameOverride to lowercase letters, digits and dashes, beginning with a letter" $name) -}}
{{- end -}}
{{- end -}}
{{- with .Values.image.registry -}}
{{- if not (regexMatch "^([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9a-fA-F:.]+\\])(:[0-9]+)?(/[a-z0-9._-]+)*/?$" .) -}}
{{- $wrong = append $wrong (printf "image.registry %q is not a registry: write host and path only, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/f1" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.image.tag -}}
{{- if not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$" .) -}}
{{- $wrong = append $wrong (printf "image.tag %q is not a tag: write the tag only, such as 0.2.0; set digests in api.image.digest and so on" .) -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^[A-Za-z0-9_-]+$" (.Values.s3.region | default "")) -}}
{{- $wrong = append $wrong (printf "s3.region %q is not a region: write one such as eu-west-1" (.Values.s3.region | default "")) -}}
{{- end -}}
{{- $ingress := include "f1.ingress" . | fromJson -}}
{{- range $ingress.hosts -}}
{{- if not (regexMatch "^([*][.])?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" .) -}}
{{- $wrong = append $wrong (printf "api.ingress.hosts: %q is not a host name: write lowercase letters without scheme or path, such as f1.example.com" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.s3.bucket -}}
{{- if not (regexMatch "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" .) -}}
{{- $wrong = append $wrong (printf "s3.bucket %q is not a bucket name: write the name only, 3 to 63 lowercase letters, digits, dots and dashes" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.s3.prefix -}}
{{- if not (regexMatch "^/*[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/*$" .) -}}
{{- $wrong = append $wrong (printf "s3.prefix %q is not a prefix: write names of letters, digits, '.', '_' and '-' with '/' between them, such as team-a/f1" .) -}}
{{- else if regexMatch "^/*(raw|decisions|processed)(/|$)" . -}}
{{- $wrong = append $wrong (printf "s3.prefix %q: raw, decisions and processed are prefixes of an installation without s3.prefix: begin with another name" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.s3.endpoint -}}
{{- if not (regexMatch "^https?://\\S+$" .) -}}
{{- $wrong = append $wrong (printf "s3.endpoint %q is not a URL: write it with http:// or https://; for AWS remove it" .) -}}
{{- end -}}
{{- end -}}
{{- range $path, $url := include "f1.databaseUrls" . | fromYaml -}}
{{- if not (regexMatch "^postgres(ql)?://[^/?]+/[^/?]+([?].*)?$" $url) -}}
{{- $wrong = append $wrong (printf "%s is not a Postgres URL: write postgresql://user:password@host:5432/name" $path) -}}
{{- end -}}
{{- end -}}
{{- $bundle := .Values.database.caBundle | default dict -}}
{{- if or $bundle.configMap $bundle.secret -}}
{{- range $path, $url := include "f1.databaseUrls" . | fromYaml -}}
{{- with regexFind "sslmode=(disable|allow|prefer|require)" $url -}}
{{- $wrong = append $wrong (printf "%s has %s, but database.caBundle needs sslmode=verify-full, or verify-ca" $path .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $ingress.alb.certificateArn -}}
{{- if not (regexMatch "^arn:[a-z-]+:(acm|iam):" .) -}}
{{- $wrong = append $wrong (printf "api.ingress.alb.certificateArn %q is not a certificate's ARN: write arn:aws:acm:..." .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.api.anonymousLimit -}}
{{- if not (regexMatch "^[1-9][0-9]{0,8}/(second|minute|hour|day)$" .) -}}
{{- $wrong = append $wrong (printf "api.anonymousLimit %q is not a rate limit: write one such as 1000/hour (or second, minute, day)" .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.api.origins -}}
{{- if not (regexMatch "^([*]|https?://[^/ ]+)$" .) -}}
{{- $wrong = append $wrong (printf "api.origins: %q is not an origin: write scheme and host only, such as https://dashboard.example.com, or *" .) -}}
{{- end -}}
{{- end -}}
{{- range $component := list "api" "worker" "ingest" "operator" "migration" -}}
{{- $values := get $.Values $component -}}
{{- if not (regexMatch "^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$" $values.image.repository) -}}
{{- $wrong = append $wrong (printf "%s.image.repository %q is not an image name: write it without a tag, which belongs in image.tag" $component $values.image.repository) -}}
{{- end -}}
{{- with $values.image.digest -}}
{{- if not (regexMatch "^sha256:[0-9a-f]{64}$" .) -}}
{{- $wrong = append $wrong (printf "%s.image.digest %q is not a digest: write sha256: and 64 hexadecimal digits; set a tag in image.tag" $component .) -}}
{{- end -}}
{{- end -}}
{{- if $values.podDisruptionBudget -}}
{{- $away := $values.podDisruptionBudget.maxUnavailable | toString -}}
{{- if not (regexMatch "^[0-9]+%?$" $away) -}}
{{- $wrong = append $wrong (printf "%s.podDisruptionBudget.maxUnavailable %q: write a number of pods, or a percentage such as 25%%" $component $away) -}}
{{- end -}}
{{- end -}}
{{- $wrong = concat $wrong (include "f1.wrongLabels" (list (printf "%s.podLabels" $component) $values.podLabels) | fromJsonArray) -}}
{{- $wrong = concat $wrong (include "f1.wrongSettings" (list (printf "%s.settings" $component) $values.settings $) | fromJsonArray) -}}
{{- range $values.extraEnv -}}
{{- if has .name $fixed -}}
{{- $wrong = append $wrong (printf "%s.extraEnv: %s is fixed by the chart, whose probes and policies depend on it: remove it" $component .name) -}}
{{- else if and (hasKey $own .name) (not .valueFrom) -}}
{{- $wrong = append $wrong (printf "%s.extraEnv: %s has its own value: set %s" $component .name (get $own .name)) -}}
{{- else if and (hasPrefix "F1_" .name) (not (has .name $known)) -}}
{{- $wrong = append $wrong (printf "%s.extraEnv: %s is not a setting of any program: did you mean %s?" $component .name (include "f1.nearestSetting" (list .name $known))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $wrong = concat $wrong (include "f1.wrongLabels" (list "commonLabels" .Values.commonLabels) | fromJsonArray) -}}
{{- $wrong = concat $wrong (include "f1.wrongSettings" (list "settings" .Values.settings $) | fromJsonArray) -}}
{{ toJson $wrong }}
{{- end }}

{{/* All database URLs in the values, by path. */}}
{{- define "f1.databaseUrls" -}}
{{- $found := dict -}}
{{- with .Values.database.url }}{{ $_ := set $found "database.url" . }}{{ end -}}
{{- range $component, $own := .Values.database.programs -}}
{{- with $own.url }}{{ $_ := set $found (printf "database.programs.%s.url" $component) . }}{{ end -}}
{{- end -}}
{{ toYaml $found }}
{{- end }}

{{/* Errors in labels: those that the chart sets itself; list path, labels. */}}
{{- define "f1.wrongLabels" -}}
{{- $path := index . 0 -}}
{{- $wrong := list -}}
{{- range $name, $_ := index . 1 -}}
{{- if regexMatch "^(app\\.kubernetes\\.io|helm\\.sh|f1\\.telemetry\\.dev)/" $name -}}
{{- $wrong = append $wrong (printf "%s.%s is a label by which the chart selects its pods: use another prefix" $path $name) -}}
{{- end -}}
{{- end -}}
{{ toJson $wrong }}
{{- end }}

{{/* For each setting with its own value, the path of that value, as JSON. */}}
{{- define "f1.valuesOfSettings" -}}
{{ dict
  "F1_DATABASE_URL" "database" "F1_S3_ACCESS_KEY_ID" "s3" "F1_S3_SECRET_ACCESS_KEY" "s3" "F1_S3_BUCKET" "s3.bucket"
  "F1_DATABASE_CA_FILE" "database.caBundle" "F1_S3_CA_FILE" "s3.caBundle" "F1_S3_REGION" "s3.region" "F1_S3_ENDPOINT" "s3.endpoint" "F1_S3_PREFIX" "s3.prefix" "F1_S3_ADDRESSING_STYLE" "s3.addressingStyle" "F1_API_KEYS" "api.keys" "F1_API_KEY" "api.operatorKey"
  "F1_API_OPERATOR_KEY" "api.operatorKey" "F1_API_GRACE_S" "api.graceSeconds" "F1_API_ORIGINS" "api.origins"
  "F1_API_ANONYMOUS_LIMIT" "api.anonymousLimit" "F1_API_MAX_AGE_S" "api.httpCache.maxAgeSeconds"
  "F1_API_SHARED_MAX_AGE_S" "api.httpCache.sharedMaxAgeSeconds" "F1_API_STALE_IF_ERROR_S" "api.httpCache.staleIfErrorSeconds"
  "F1_API_STALE_WHILE_REVALIDATE_S" "api.httpCache.staleWhileRevalidateSeconds" "F1_WORKER_GRACE_S" "worker.graceSeconds"
  "F1_OPERATOR_PLANS_AT_ONCE" "operator.plansAtOnce" "F1_JOLPICA_TOKEN" "ingest.extraEnv with a secretKeyRef" | toJson }}
{{- end }}

{{/* Settings on which probes, policies and ports of the chart depend, as a JSON list. */}}
{{- define "f1.fixedSettings" -}}
{{ list "F1_API_HOST" "F1_API_PORT" "F1_API_METRICS_PORT" "F1_WORKER_METRICS_PORT" "F1_OPERATOR_METRICS_PORT" "F1_OPERATOR_NAMESPACE" "F1_OPERATOR_NAMESPACES" "F1_OPERATOR_LEASE" | toJson }}
{{- end }}

{{/* Errors in settings: those with their own value, and unknown names; list path, settings, root. */}}
{{- define "f1.wrongSettings" -}}
{{- $path := index . 0 -}}
{{- $known := (index . 2).Files.Get "files/setting-names.txt" | trim | splitList "\n" -}}
{{- $own := include "f1.valuesOfSettings" . | fromJson -}}
{{- $fixed := include "f1.fixedSettings" . | fromJsonArray -}}
{{- $wrong := list -}}
{{- range $name, $_ := index . 1 -}}
{{- if not (regexMatch "^F1_[A-Z0-9_]+$" $name) -}}
{{- $wrong = append $wrong (printf "%s.%s is not a setting: settings begin with F1_. Set other variables in extraEnv" $path $name) -}}
{{- else if hasKey $own $name -}}
{{- $wrong = append $wrong (printf "%s.%s has its own value: set %s" $path $name (get $own $name)) -}}
{{- else if has $name $fixed -}}
{{- $wrong = append $wrong (printf "%s.%s is fixed by the chart, whose probes and policies depend on it: remove it" $path $name) -}}
{{- else if not (has $name $known) -}}
{{- $wrong = append $wrong (printf "%s.%s is not a setting of any program: did you mean %s?" $path $name (include "f1.nearestSetting" (list $name $known))) -}}
{{- end -}}
{{- end -}}
{{ toJson $wrong }}
{{- end }}

{{/* The known setting nearest to a name, by shared trigrams relative to its length; list name, settings. */}}
{{- define "f1.nearestSetting" -}}
{{- $name := index . 0 -}}
{{- $nearest := "" -}}
{{- $best := -1 -}}
{{- range $known := index . 1 -}}
{{- $same := 0 -}}
{{- range $start := until (int (max 0 (sub (len $name) 2))) -}}
{{- if contains (substr $start (int (add $start 3)) $name) $known -}}{{- $same = add $same 1 -}}{{- end -}}
{{- end -}}
{{- $likeness := div (mul 2000 $same) (add (len $name) (len $known)) | int -}}
{{- if gt $likeness $best -}}{{- $best = $likeness -}}{{- $nearest = $known -}}{{- end -}}
{{- end -}}
{{ $nearest }}
{{- end }}
