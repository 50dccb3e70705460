{{/* Volumes that users add: certificates of private authorities, and extraVolumes. Every function takes list root, component. */}}

{{/* The sources of the projected volume with certificates, as JSON: a file database.pem, and s3.pem. */}}
{{- define "f1.certificateSources" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $sources := list -}}
{{- range $name := list "database" "s3" -}}
{{- $bundle := (get $root.Values $name).caBundle | default dict -}}
{{- $programs := eq $name "database" | ternary (list "api" "worker" "ingest" "migration") (list "worker" "ingest") -}}
{{- if and (or $bundle.configMap $bundle.secret) (has $component $programs) -}}
{{- $items := list (dict "key" ($bundle.key | default "ca.crt") "path" (printf "%s.pem" $name)) -}}
{{- $kind := not (empty $bundle.secret) | ternary "secret" "configMap" -}}
{{- $sources = append $sources (dict $kind (dict "name" ($bundle.secret | default $bundle.configMap) "items" $items)) -}}
{{- end -}}
{{- end -}}
{{ toJson $sources }}
{{- end }}

{{/* The settings that name these files, as YAML. */}}
{{- define "f1.certificateSettings" -}}
{{- range include "f1.certificateSources" . | fromJsonArray -}}
{{- $path := (first (.secret | default .configMap).items).path -}}
{{ eq $path "s3.pem" | ternary "F1_S3_CA_FILE" "F1_DATABASE_CA_FILE" }}: /etc/f1/certificates/{{ $path }}
{{ end -}}
{{- end }}

{{/* volumes of a pod, beside those that the chart always makes, as JSON. */}}
{{- define "f1.extraVolumes" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (include "f1.program" .) -}}
{{- $volumes := concat ($root.Values.extraVolumes | default list) ($values.extraVolumes | default list) -}}
{{- with include "f1.certificateSources" . | fromJsonArray -}}
{{- $volumes = prepend $volumes (dict "name" "certificates" "projected" (dict "sources" .)) -}}
{{- end -}}
{{ $volumes | default list | toJson }}
{{- end }}

{{/* Their mounts, as JSON. */}}
{{- define "f1.extraVolumeMounts" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (include "f1.program" .) -}}
{{- $mounts := concat ($root.Values.extraVolumeMounts | default list) ($values.extraVolumeMounts | default list) -}}
{{- if include "f1.certificateSources" . | fromJsonArray -}}
{{- $mounts = prepend $mounts (dict "name" "certificates" "mountPath" "/etc/f1/certificates" "readOnly" true) -}}
{{- end -}}
{{ $mounts | default list | toJson }}
{{- end }}

{{/* What the operator's Jobs may mount, as YAML: names of Secrets, ConfigMaps, claims and CSI volumes; root. */}}
{{- define "f1.jobVolumes" -}}
{{- $names := dict "secrets" list "configMaps" list "claims" list "csi" list -}}
{{- range $component := list "ingest" "worker" -}}
{{- range include "f1.extraVolumes" (list $ $component) | fromJsonArray -}}
{{- $sources := list . -}}
{{- with .projected }}{{ $sources = .sources | default list }}{{ end -}}
{{- range $sources -}}
{{- with .secret }}{{ $_ := set $names "secrets" (append $names.secrets (.secretName | default .name)) }}{{ end -}}
{{- with .configMap }}{{ $_ := set $names "configMaps" (append $names.configMaps .name) }}{{ end -}}
{{- with .persistentVolumeClaim }}{{ $_ := set $names "claims" (append $names.claims .claimName) }}{{ end -}}
{{- with .csi }}{{ $_ := set $names "csi" (append $names.csi (printf "%s/%s" .driver (dig "volumeAttributes" "secretProviderClass" "" .))) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $kind, $all := $names }}
{{ $kind }}: {{ compact $all | uniq | toJson }}
{{- end -}}
{{- end }}

{{/* What is wrong with them, as a JSON list of sentences; root. */}}
{{- define "f1.wrongVolumes" -}}
{{- $wrong := list -}}
{{- range $name := list "database" "s3" -}}
{{- $bundle := (get $.Values $name).caBundle | default dict -}}
{{- if and $bundle.configMap $bundle.secret -}}
{{- $wrong = append $wrong (printf "%s.caBundle.configMap and %s.caBundle.secret are mutually exclusive: set one of them" $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.s3.caBundle (or .Values.s3.caBundle.configMap .Values.s3.caBundle.secret) (hasPrefix "http://" (.Values.s3.endpoint | default "")) -}}
{{- $wrong = append $wrong (printf "s3.caBundle is set, but s3.endpoint %s has no TLS: write https://, or remove s3.caBundle" .Values.s3.endpoint) -}}
{{- end -}}
{{- $every := dict "extraVolumes" .Values.extraVolumes "extraVolumeMounts" .Values.extraVolumeMounts -}}
{{- range $component := list "api" "worker" "ingest" "operator" "migration" -}}
{{- $values := get $.Values $component -}}
{{- $volumes := concat ($every.extraVolumes | default list) ($values.extraVolumes | default list) -}}
{{- $known := list -}}
{{- range $volumes -}}
{{- if has .name (list "tmp" "secrets" "certificates") -}}
{{- $wrong = append $wrong (printf "extraVolumes: the name %s is used by the chart: use another name" .name) -}}
{{- else if has .name $known -}}
{{- $wrong = append $wrong (printf "%s.extraVolumes: two volumes have the name %s: use another name for one of them" $component .name) -}}
{{- end -}}
{{- $known = append $known .name -}}
{{- if and (has $component (list "worker" "ingest")) $.Values.operator.enabled $.Values.operator.restrictJobs -}}
{{- if not (or .secret .configMap .projected .persistentVolumeClaim .csi (hasKey . "emptyDir")) -}}
{{- $wrong = append $wrong (printf "%s.extraVolumes: volume %s has a type that operator.restrictJobs does not allow: use secret, configMap, projected, persistentVolumeClaim, csi or emptyDir, or set operator.restrictJobs: false" $component .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $mounted := list "/tmp" "/run/secrets/f1" "/etc/f1/certificates" -}}
{{- range concat ($every.extraVolumeMounts | default list) ($values.extraVolumeMounts | default list) -}}
{{- if has (trimSuffix "/" .mountPath) $mounted -}}
{{- $wrong = append $wrong (printf "%s.extraVolumeMounts: %s already has a mount: use another mountPath" $component .mountPath) -}}
{{- end -}}
{{- $mounted = append $mounted (trimSuffix "/" .mountPath) -}}
{{- if not (has .name $known) -}}
{{- $wrong = append $wrong (printf "%s.extraVolumeMounts: no volume is named %s: add it to %s.extraVolumes" $component .name $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toJson $wrong }}
{{- end }}
