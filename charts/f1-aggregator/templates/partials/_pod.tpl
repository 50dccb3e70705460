{{/* Parts of all programs' pods. Every function takes list root, component. */}}

{{/* The key of the values that a pod uses. */}}
{{- define "f1.program" -}}
{{- get (dict "uninstall" "operator" "test" "api") (index . 1) | default (index . 1) -}}
{{- end }}

{{/* Without the chart's version, so that a new chart version does not replace pods whose program is unchanged. */}}
{{- define "f1.podLabels" -}}
{{ include "f1.selector" . }}
app.kubernetes.io/part-of: f1-telemetry-aggregator
{{- $own := (get (index . 0).Values (include "f1.program" .)).podLabels | default dict -}}
{{- with merge (dict) $own ((index . 0).Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Service account, scheduling and security context of a pod. */}}
{{- define "f1.pod" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $program := include "f1.program" . -}}
{{- $values := get $root.Values $program -}}
serviceAccountName: {{ include "f1.serviceAccountName" . }}
automountServiceAccountToken: {{ eq $program "operator" }}
enableServiceLinks: false
securityContext: {{- include "f1.podSecurityContext" $root | nindent 2 }}
{{- with include "f1.pullSecrets" $root | fromJsonArray }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with include "f1.priorityClass" (list $root $program) }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if and $values.topologySpreadConstraints (eq $program $component) }}
topologySpreadConstraints: {{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else if and $values.topologySpread (eq $program $component) }}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $values.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "f1.selector" (list $root $component) | nindent 8 }}
    # Only pods of the same revision count, or an update would put the new ones where the old ones are not.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 1Gi}
{{- with include "f1.secretFiles" . }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources: {{- trim . | nindent 8 }}
{{- end }}
{{- with include "f1.extraVolumes" . | fromJsonArray }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Priority class: priorityClassName, or the chart's. */}}
{{- define "f1.priorityClass" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $own := and $root.Values.priorityClasses.create (has $component (list "api" "worker" "ingest")) -}}
{{- (get $root.Values $component).priorityClassName | default (ternary (printf "%s-%s" (include "f1.clusterName" $root) $component) "" $own) -}}
{{- end }}

{{/* Image, security context and resources of a container. */}}
{{- define "f1.container" -}}
{{- $root := index . 0 -}}
{{- $program := include "f1.program" . -}}
{{- $values := get $root.Values $program -}}
image: {{ include "f1.image" (list $root $program) | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext: {{- include "f1.securityContext" $root | nindent 2 }}
resources: {{- toYaml $values.resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
{{- if include "f1.secretFiles" . }}
  - {name: secrets, mountPath: /run/secrets/f1, readOnly: true}
{{- end }}
{{- with include "f1.extraVolumeMounts" . | fromJsonArray }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The variable with the folder of a container's secrets, as an element of env; empty if it has none. */}}
{{- define "f1.secretsVariable" -}}
{{- if include "f1.secretFiles" . }}
- {name: F1_SECRETS_DIR, value: /run/secrets/f1}
{{- end }}
{{- end }}

{{/* The restricted profile, unless the values differ; root. */}}
{{- define "f1.podSecurityContext" -}}
{{- $default := dict "runAsNonRoot" true "runAsUser" 10001 "runAsGroup" 10001 "fsGroup" 10001 "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{ .Values.podSecurityContext | default $default | toYaml }}
{{- end }}

{{- define "f1.securityContext" -}}
{{- $default := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{ .Values.securityContext | default $default | toYaml }}
{{- end }}
