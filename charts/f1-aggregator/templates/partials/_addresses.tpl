{{/* Addresses and ranges of addresses in values. */}}

{{/* Pattern of an IPv4 address. */}}
{{- define "f1.ipv4" -}}
((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])
{{- end }}

{{/* Pattern of an IPv6 address, which may end with an IPv4 address. */}}
{{- define "f1.ipv6" -}}
(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}(:[0-9a-fA-F]{1,4}){1,1}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:((:[0-9a-fA-F]{1,4}){1,7}|:)|::([fF]{4}:)?{{ include "f1.ipv4" . }})
{{- end }}

{{/* Pattern of a range such as 10.0.0.0/8; with "?" as argument it also matches an address without a prefix length. */}}
{{- define "f1.range" -}}
^({{ include "f1.ipv4" . }}(/([0-9]|[12][0-9]|3[0-2])){{ . }}|{{ include "f1.ipv6" . }}(/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])){{ . }})$
{{- end }}

{{/* Errors in ranges and proxies, as a JSON list of messages. Takes root. */}}
{{- define "f1.wrongAddresses" -}}
{{- $wrong := list -}}
{{- $range := include "f1.range" "" -}}
{{- range $name, $policy := .Values.networkPolicies -}}
{{- if kindIs "map" $policy -}}
{{- range $side := list "from" "to" -}}
{{- range $peer := get $policy $side | default list -}}
{{- with $peer.ipBlock -}}
{{- range $cidr := concat (list .cidr) (.except | default list) -}}
{{- if not (regexMatch $range $cidr) -}}
{{- $wrong = append $wrong (printf "networkPolicies.%s.%s: %q is not an address range: write one such as 10.0.0.0/16 or fd00::/8" $name $side $cidr) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $proxies := .Values.api.trustedProxies | default list -}}
{{- range $proxy := $proxies -}}
{{- $proxy = toString $proxy -}}
{{- if regexMatch "^([*]|[1-9]|10)$" $proxy -}}
{{- if gt (len $proxies) 1 -}}
{{- $wrong = append $wrong (printf "api.trustedProxies: %s is a number of proxies and cannot be combined with addresses: write that number ([2]), or only addresses and ranges" $proxy) -}}
{{- end -}}
{{- else if not (regexMatch (include "f1.range" "?") $proxy) -}}
{{- $wrong = append $wrong (printf "api.trustedProxies: %q is not an address: write the number of proxies in front ([2], at most 10; [\"*\"] is 1), or their addresses and ranges, such as [10.0.0.0/16]" $proxy) -}}
{{- end -}}
{{- end -}}
{{ toJson $wrong }}
{{- end }}
