{{/*
Checks that the schema cannot express: values that depend on each other. Reports all errors at once, each with its correction.
*/}}
{{- define "f1.checks" -}}
{{- $wrong := list -}}
{{- range $component := list "migration" "api" "worker" "ingest" -}}
{{- $own := get ($.Values.database.programs | default dict) $component | default dict -}}
{{- $given := not (empty $own) | ternary $own $.Values.database -}}
{{- $path := not (empty $own) | ternary (printf "database.programs.%s" $component) "database" -}}
{{- $ways := list -}}
{{- range $way := list "existingSecret" "remoteKey" "url" -}}
{{- if get $given $way }}{{ $ways = append $ways $way }}{{ end -}}
{{- end -}}
{{- if eq (len $ways) 0 -}}
{{- $wrong = append $wrong (printf "%s has no connection: set one of %s.existingSecret (a Secret with the key F1_DATABASE_URL), %s.remoteKey (External Secrets) and %s.url" $path $path $path $path) -}}
{{- else if gt (len $ways) 1 -}}
{{- $wrong = append $wrong (printf "%s: %s are mutually exclusive: set one of them" $path (join " and " $ways)) -}}
{{- end -}}
{{- if and $given.existingSecretKey (not $given.existingSecret) -}}
{{- $wrong = append $wrong (printf "%s.existingSecretKey is a key of a Secret: set %s.existingSecret" $path $path) -}}
{{- end -}}
{{- if and $given.urlTemplate $given.remoteProperty -}}
{{- $wrong = append $wrong (printf "%s.urlTemplate and %s.remoteProperty are mutually exclusive: set one of them" $path $path) -}}
{{- end -}}
{{- if and (or $given.urlTemplate $given.remoteProperty) (not $given.remoteKey) -}}
{{- $wrong = append $wrong (printf "%s.urlTemplate and %s.remoteProperty need a secret in a store: set %s.remoteKey too" $path $path $path) -}}
{{- end -}}
{{- if and $given.remoteKey (not $.Values.externalSecrets.storeName) -}}
{{- $wrong = append $wrong (printf "%s.remoteKey needs a store: set externalSecrets.storeName" $path) -}}
{{- end -}}
{{- end -}}
{{- with .Values.s3 -}}
{{- if not .bucket -}}
{{- $wrong = append $wrong "s3.bucket is not set: write the name of the bucket for the raw captures" -}}
{{- end -}}
{{- if ne (empty .accessKeyId) (empty .secretAccessKey) -}}
{{- $wrong = append $wrong "s3.accessKeyId and s3.secretAccessKey belong together: write both, or none and let Pod Identity or IRSA give access" -}}
{{- end -}}
{{- if and .remoteKey (not $.Values.externalSecrets.storeName) -}}
{{- $wrong = append $wrong "s3.remoteKey needs a store: set externalSecrets.storeName" -}}
{{- end -}}
{{- if gt (len (compact (list .existingSecret .remoteKey .accessKeyId))) 1 -}}
{{- $wrong = append $wrong "s3 has its keys in two ways: write one of s3.existingSecret, s3.remoteKey and s3.accessKeyId" -}}
{{- end -}}
{{- end -}}
{{- with .Values.api.operatorKey -}}
{{- if and .existingSecret .remoteKey -}}
{{- $wrong = append $wrong "api.operatorKey.existingSecret and api.operatorKey.remoteKey are mutually exclusive: set one of them" -}}
{{- end -}}
{{- if and .remoteKey (not $.Values.externalSecrets.storeName) -}}
{{- $wrong = append $wrong "api.operatorKey.remoteKey needs the store: set externalSecrets.storeName" -}}
{{- end -}}
{{- end -}}
{{- range $component := list "api" "worker" -}}
{{- $scaling := (get $.Values $component).autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- $wrong = append $wrong (printf "%s.autoscaling.minReplicas (%d) is greater than maxReplicas (%d): lower it, or raise maxReplicas" $component (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- with .Values.worker.autoscaling -}}
{{- if and .by (or (and (not (dig "enabled" true .)) (ne .by "none")) (and (eq (dig "type" "hpa" .) "keda") (ne .by "keda"))) -}}
{{- $wrong = append $wrong (printf "worker.autoscaling.by (%s) contradicts worker.autoscaling.enabled (%v) and type (%s): by is the deprecated name: remove it" .by (dig "enabled" true .) (dig "type" "hpa" .)) -}}
{{- end -}}
{{- end -}}
{{- $ingress := include "f1.ingress" . | fromJson -}}
{{- with $ingress -}}
{{- if and .enabled (eq .className "alb") -}}
{{- if and .alb.https (not .alb.certificateArn) (not .hosts) -}}
{{- $wrong = append $wrong "api.ingress.alb.https needs a certificate: write api.ingress.alb.certificateArn, or api.ingress.hosts for the controller to find one by" -}}
{{- end -}}
{{- if and (eq .alb.scheme "internet-facing") (not .alb.https) -}}
{{- $wrong = append $wrong "api.ingress.alb.scheme internet-facing without https would carry API keys in the clear: write api.ingress.alb.https: true and a certificateArn" -}}
{{- end -}}
{{- if .tls -}}
{{- $wrong = append $wrong "api.ingress.tls is not for class alb, whose certificates are ACM's: write api.ingress.alb.certificateArn" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $ingress.enabled .Values.networkPolicies.enabled (not .Values.networkPolicies.api.from) -}}
{{- $wrong = append $wrong "api.ingress.enabled, but no client is allowed to reach the API: write networkPolicies.api.from, such as [{ipBlock: {cidr: 192.168.0.0/16}}] with the VPC's range for an ALB, or the ingress controller's namespaceSelector" -}}
{{- end -}}
{{- with .Values.api.httpRoute -}}
{{- if and .enabled (not .parentRefs) -}}
{{- $wrong = append $wrong "api.httpRoute.enabled needs a Gateway: set api.httpRoute.parentRefs, such as [{name: gateway, namespace: gateways}]" -}}
{{- end -}}
{{- if and .enabled $.Values.networkPolicies.enabled (not $.Values.networkPolicies.api.from) -}}
{{- $wrong = append $wrong "api.httpRoute.enabled, but network policies let nothing reach the API: set networkPolicies.api.from to the Gateway's pods, such as [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: envoy-gateway-system}}}]" -}}
{{- end -}}
{{- end -}}
{{- if .Values.api.trustedProxies -}}
{{- range include "f1.proxySettings" . | fromJsonArray -}}
{{- $wrong = append $wrong (printf "%s and api.trustedProxies are mutually exclusive: set api.trustedProxies" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.api.service.nodePort (eq .Values.api.service.type "ClusterIP") -}}
{{- $wrong = append $wrong "api.service.nodePort is for api.service.type NodePort or LoadBalancer: write that type, or leave the port out" -}}
{{- end -}}
{{- if and (eq (.Values.api.service.ipFamilyPolicy | default "") "SingleStack") (gt (len (.Values.api.service.ipFamilies | default list)) 1) -}}
{{- $wrong = append $wrong "api.service.ipFamilyPolicy SingleStack has one family: write one of api.service.ipFamilies, or PreferDualStack" -}}
{{- end -}}
{{- range $name, $given := .Values.ingest.cronJobs -}}
{{- $job := include "f1.cronJob" $given | fromJson -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- $wrong = append $wrong (printf "ingest.cronJobs.%s is not a valid name: use lowercase letters, digits and dashes" $name) -}}
{{- end -}}
{{- if not (regexMatch "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\\S+( \\S+){4})$" $job.schedule) -}}
{{- $wrong = append $wrong (printf "ingest.cronJobs.%s.schedule %q is not a schedule: write minute, hour, day, month and weekday, such as '*/5 * * * *'" $name $job.schedule) -}}
{{- end -}}
{{- if gt (add (len (include "f1.fullname" $)) 1 (len $name)) 52 -}}
{{- $wrong = append $wrong (printf "ingest.cronJobs.%s results in a name of more than 52 characters, %s-%s: use a shorter one" $name (include "f1.fullname" $) $name) -}}
{{- end -}}
{{- end -}}
{{- if .Values.operator.enabled -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $operator := and (eq (get $labels "app.kubernetes.io/part-of") "f1-telemetry-aggregator") (eq (get $labels "app.kubernetes.io/component") "operator") -}}
{{- if and $operator (ne (get $labels "app.kubernetes.io/instance") $.Release.Name) -}}
{{- $wrong = append $wrong (printf "namespace %s already has the operator of release %s, and two operators would reconcile the same Seasons: install into another namespace, or set operator.enabled: false" $.Release.Namespace (get $labels "app.kubernetes.io/instance")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.monitoring.email -}}
{{- if and .to (not (and .from .smarthost)) -}}
{{- $wrong = append $wrong "monitoring.email.to needs a sender and a server: set monitoring.email.from and monitoring.email.smarthost" -}}
{{- end -}}
{{- end -}}
{{- with .Values.monitoring.rules -}}
{{- if and .cloudwatch.enabled (not .cloudwatch.instance) -}}
{{- $wrong = append $wrong "monitoring.rules.cloudwatch.enabled needs the name of the RDS instance: write monitoring.rules.cloudwatch.instance" -}}
{{- end -}}
{{- range .disabled -}}
{{- if not ($.Files.Get (printf "alerts/%s.yaml" .)) -}}
{{- $wrong = append $wrong (printf "monitoring.rules.disabled: no alert is named %s. The alerts are the files of charts/f1-aggregator/alerts" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $wrong = concat $wrong (include "f1.wrongForms" . | fromJsonArray) -}}
{{- $wrong = concat $wrong (include "f1.wrongAddresses" . | fromJsonArray) -}}
{{- $wrong = concat $wrong (include "f1.wrongVolumes" . | fromJsonArray) -}}
{{- if $wrong -}}
{{- fail (printf "\n\nInvalid values:\n  * %s\n" (join "\n  * " (uniq $wrong))) -}}
{{- end -}}
{{- end }}
