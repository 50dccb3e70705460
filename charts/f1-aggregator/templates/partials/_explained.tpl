{{/*
Findings of checkov on a program's Deployment, CronJob, Job or Pod that are accepted, each with its reason, as
annotations; list root, component. charts/tests/pods/test_checkov.py runs checkov.
*/}}
{{- define "f1.explained" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $program := include "f1.program" . -}}
{{- $values := get $root.Values $program -}}
{{- if not (dig "limits" "cpu" "" ($values.resources | default dict)) }}
checkov.io/skip1: {{ printf "CKV_K8S_11=A CPU limit throttles a program even if its node is idle; the request guarantees its share of a busy node. Set %s.resources.limits.cpu if nodes are shared" $program | quote }}
{{- end }}
{{- if not (or $values.image.digest (eq $root.Values.image.pullPolicy "Always")) }}
checkov.io/skip2: {{ printf "CKV_K8S_15=The tag of a release is never moved, and with Always pods cannot start while the registry is unavailable. Set %s.image.digest, or image.pullPolicy: Always" $program | quote }}
{{- end }}
{{- if not $values.image.digest }}
checkov.io/skip3: {{ printf "CKV_K8S_43=Each user builds the images, so the chart does not know their digests. Set %s.image.digest" $program | quote }}
{{- end }}
{{- if eq $program "operator" }}
checkov.io/skip4: "CKV_K8S_38=It talks to Kubernetes: its Role is limited to what it does, and an admission policy limits its Jobs"
{{- end }}
{{- if eq $component "test" }}
checkov.io/skip5: "CKV_K8S_8=It runs one script and ends within activeDeadlineSeconds"
checkov.io/skip6: "CKV_K8S_9=It runs one script and serves nothing"
{{- end }}
{{- end }}
